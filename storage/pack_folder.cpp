// Loading of packs: list of files, bytes, JSON, schema, structure, then what only the whole can show.
#include "storage/pack_folder.hpp"

#include "messages/date.hpp"
#include "storage/chain.hpp"
#include "storage/input_file.hpp"
#include "storage/link_circles.hpp"
#include "storage/pack_schema.hpp"

#include <nlohmann/json.hpp>
#include <utf8.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>

namespace longwave::storage {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uintmax_t largest_file = 16 << 20;

failure bad_pack(const fs::path& file, const std::string& field, std::string why) {
  std::replace(why.begin(), why.end(), '\n', ' ');
  return {error_code::bad_pack, "cannot use pack file " + file.string(),
          (field.empty() ? std::string{} : field + ": ") + std::move(why), "correct the file"};
}

/// What contradicts itself in a profile: (field, why), empty when nothing does.
std::pair<std::string, std::string> inconsistency(const dj_profile& p) {
  const auto& k = p.knowledge;
  const std::string limits = "knowledge_constraints.";
  const auto cutoff = std::to_string(k.temporal_cutoff_year);
  const auto open = p.name.rfind('('), comma = p.name.find(", ", open == std::string::npos ? 0 : open);
  if (open != std::string::npos && comma != std::string::npos && p.name.back() == ')') {
    const auto year = p.name.substr(open + 1, comma - open - 1);
    const auto region = p.name.substr(comma + 2, p.name.size() - comma - 3);
    if (year.size() == 4 && year.find_first_not_of("0123456789") == std::string::npos && year != cutoff)
      return {limits + "temporal_cutoff_year", "is " + cutoff + ", and the name says " + year};
    if (region != k.region) return {limits + "region", "is \"" + k.region + "\", and the name says \"" + region + "\""};
  }
  if (!parse_date(p.start_date)) return {"start_date", "\"" + p.start_date + "\" is no day of the calendar"};
  if (p.start_date.size() >= 4 && p.start_date.substr(0, 4) > cutoff && cutoff.size() == 4)
    return {"start_date", p.start_date + " lies after the last year that the DJ knows, " + cutoff};
  if (k.year_min > k.temporal_cutoff_year) return {limits + "year_min", std::to_string(k.year_min) + " lies after temporal_cutoff_year " + cutoff};
  for (const auto& name : k.forbidden_factions)
    if (std::find(k.known_factions.begin(), k.known_factions.end(), name) != k.known_factions.end())
      return {limits + "known_factions", "\"" + name + "\" is forbidden as well"};
  for (const auto& phrase : p.catchphrases)
    for (const auto& name : k.forbidden_factions)
      if (phrase.find(name) != std::string::npos) return {"catchphrases", "\"" + phrase + "\" names a forbidden faction, " + name};
  return {};
}

/// One loading under way.
class pack_loader {
public:
  explicit pack_loader(const fs::path& folder) : root_(fs::absolute(folder).lexically_normal()) {
    if (root_.filename().empty()) root_ = root_.parent_path();
    pack_.folder = root_;
  }

  result<std::vector<dj_profile>> names() {
    unchecked_ = true;
    if (auto done = read_manifest(); !done) return done.error();
    auto files = listed_files("profiles");
    if (!files) return files.error();
    std::vector<dj_profile> names;
    for (const auto& file : files.value()) {
      auto parsed = read_json(file, "profile");
      if (!parsed) return parsed.error();
      dj_profile named;
      try {
        parsed.value().at("name").get_to(named.name);
        if (const auto at = parsed.value().find("shortcuts"); at != parsed.value().end()) at->get_to(named.shortcuts);
      } catch (const json::exception& e) {
        return bad_pack(file, "name", e.what());
      }
      names.push_back(std::move(named));
    }
    return names;
  }

  /// Reads every file that the manifest names and holds each against its schema, faults gathered instead of returned.
  std::vector<failure> faults(const fs::path& schemas) {
    std::error_code ec;
    unchecked_ = true;
    schema_folder_ = fs::exists(root_.parent_path() / "schema" / "pack.schema.json", ec) ? root_.parent_path() / "schema" : schemas;
    gather(root_ / "pack.json", "pack");
    if (auto manifest = read_manifest(); !manifest) {
      if (gathered_.empty()) gathered_.push_back(manifest.error());
      return std::move(gathered_);
    }
    for (const auto& [field, schema] : {std::pair("profiles", "profile"), std::pair("stories", "stories"), std::pair("skeletons", "skeletons")}) {
      auto files = listed_files(field);
      if (!files) gathered_.push_back(files.error());
      else
        for (const auto& file : files.value()) gather(file, schema);
    }
    for (const auto& [field, schema] : {std::pair("topics", "topics"), std::pair("grammar", "grammar")}) {
      auto files = named_files(field);
      if (!files) gathered_.push_back(files.error());
      else
        for (const auto& [name, file] : files.value()) gather(file, schema);
    }
    return std::move(gathered_);
  }

  result<content_pack> load() {
    using step = result<void> (pack_loader::*)();
    for (const step next : {&pack_loader::read_manifest, &pack_loader::read_profiles, &pack_loader::read_stories,
                            &pack_loader::read_skeletons, &pack_loader::read_topics, &pack_loader::read_grammars,
                            &pack_loader::read_prompts,
                            &pack_loader::check_whole, &pack_loader::hash_contents})
      if (auto done = (this->*next)(); !done) return done.error();
    return std::move(pack_);
  }

private:
  // -- files ----------------------------------------------------------------------------------------------------------

  result<std::string> read_bytes(const fs::path& file) {
    auto read = read_input_file(file, largest_file);
    if (!read.why.empty()) return bad_pack(file, "", "cannot be read: " + read.why);
    return std::move(read.bytes);
  }

  result<json> read_json(const fs::path& file, const std::string& schema) {
    auto bytes = read_bytes(file);
    if (!bytes) return bytes.error();
    const auto& text = bytes.value();
    if (const auto bad = utf8::find_invalid(text.begin(), text.end()); bad != text.end())
      return bad_pack(file, "byte " + std::to_string(bad - text.begin()), "is not UTF-8");
    json parsed;
    try {
      parsed = json::parse(text);
    } catch (const json::exception& e) {
      return bad_pack(file, "", e.what());
    }
    if (unchecked_) return parsed;
    if (auto fault = schemas_.check(root_.parent_path() / "schema", schema, parsed)) {
      if (fault->in_schema) return bad_pack(root_.parent_path() / "schema" / (schema + ".schema.json"), "", fault->why);
      return bad_pack(file, fault->field, fault->why);
    }
    return parsed;
  }

  void gather(const fs::path& file, const std::string& schema) {
    auto parsed = read_json(file, schema);
    if (!parsed) {
      gathered_.push_back(parsed.error());
      return;
    }
    for (const auto& fault : schemas_.check_all(schema_folder_, schema, parsed.value())) gathered_.push_back(bad_pack(file, fault.field, fault.why));
  }

  /// The absolute path of an entry of pack.json, which must stay inside the pack.
  result<fs::path> inside(const std::string& entry, const std::string& field) {
    const auto manifest = root_ / "pack.json";
    const fs::path relative(entry);
    if (entry.empty() || relative.is_absolute()) return bad_pack(manifest, field, "must be a relative path");
    std::error_code error;
    const auto real_root = fs::canonical(root_, error);
    const auto real = fs::canonical(root_ / relative, error);
    if (error) return bad_pack(manifest, field, "\"" + entry + "\" does not exist");
    const auto [root_end, rest] = std::mismatch(real_root.begin(), real_root.end(), real.begin(), real.end());
    if (root_end != real_root.end()) return bad_pack(manifest, field, "\"" + entry + "\" leads out of the pack");
    return (root_ / relative).lexically_normal();
  }

  /// The files that a list of pack.json names, folders opened up in name order.
  result<std::vector<fs::path>> listed_files(const char* field) {
    std::vector<fs::path> files;
    const auto list = manifest_.find(field);
    if (list == manifest_.end()) return files;
    if (!list->is_array()) return bad_pack(root_ / "pack.json", field, "must be a list of paths");
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto place = std::string(field) + "[" + std::to_string(i) + "]";
      if (!(*list)[i].is_string()) return bad_pack(root_ / "pack.json", place, "must be a path");
      auto path = inside((*list)[i].get<std::string>(), place);
      if (!path) return path.error();
      if (!fs::is_directory(path.value())) {
        files.push_back(std::move(path.value()));
        continue;
      }
      std::vector<fs::path> below;
      std::error_code error;
      for (fs::directory_iterator it(path.value(), error), end; !error && it != end; it.increment(error))
        if (it->path().extension() == ".json") below.push_back(it->path());
      if (error) return bad_pack(path.value(), "", error.message());
      std::sort(below.begin(), below.end());
      files.insert(files.end(), below.begin(), below.end());
    }
    return files;
  }

  /// The files that an object of pack.json names: ("gossip", path) and so on.
  result<std::vector<std::pair<std::string, fs::path>>> named_files(const char* field) {
    std::vector<std::pair<std::string, fs::path>> files;
    const auto object = manifest_.find(field);
    if (object == manifest_.end()) return files;
    if (!object->is_object()) return bad_pack(root_ / "pack.json", field, "must be an object of paths");
    for (const auto& [name, entry] : object->items()) {
      const auto place = std::string(field) + "." + name;
      if (!entry.is_string()) return bad_pack(root_ / "pack.json", place, "must be a path");
      auto path = inside(entry.get<std::string>(), place);
      if (!path) return path.error();
      files.emplace_back(name, std::move(path.value()));
    }
    return files;
  }

  /// Converts one element, naming it when it does not fit.
  template <class T>
  result<T> convert(const json& value, const fs::path& file, const std::string& field) {
    try {
      return value.get<T>();
    } catch (const json::exception& e) {
      return bad_pack(file, field, e.what());
    }
  }

  template <class T>
  result<void> read_lists(const char* field, const std::string& schema, std::vector<T>& into) {
    auto files = listed_files(field);
    if (!files) return files.error();
    for (const auto& file : files.value()) {
      auto parsed = read_json(file, schema);
      if (!parsed) return parsed.error();
      if (!parsed.value().is_object() || !parsed.value().contains(field) || !parsed.value()[field].is_array())
        return bad_pack(file, field, "must be a list");
      const auto& list = parsed.value()[field];
      for (std::size_t i = 0; i < list.size(); ++i) {
        auto one = convert<T>(list[i], file, std::string(field) + "[" + std::to_string(i) + "]");
        if (!one) return one.error();
        into.push_back(std::move(one.value()));
        origins_.push_back({into.size() - 1, file});
      }
    }
    return ok();
  }

  // -- parts ----------------------------------------------------------------------------------------------------------

  result<void> read_manifest() {
    const auto file = root_ / "pack.json";
    auto parsed = read_json(file, "pack");
    if (!parsed) return parsed.error();
    manifest_ = std::move(parsed.value());
    if (!manifest_.is_object()) return bad_pack(file, "", "must be an object");
    try {
      if (manifest_.at("format") != 1)
        return bad_pack(file, "format", manifest_["format"].dump() + " is not known to this release, which reads 1");
      manifest_.at("name").get_to(pack_.name);
      manifest_.at("title").get_to(pack_.title);
      manifest_.at("version").get_to(pack_.version);
      manifest_.at("kind").get_to(pack_.kind);
    } catch (const json::exception& e) {
      return bad_pack(file, "", e.what());
    }
    if (pack_.kind != "broadcast" && pack_.kind != "stories")
      return bad_pack(file, "kind", "must be \"broadcast\" or \"stories\"");
    return ok();
  }

  result<void> read_profiles() {
    auto files = listed_files("profiles");
    if (!files) return files.error();
    std::set<std::string> names;
    for (const auto& file : files.value()) {
      auto parsed = read_json(file, "profile");
      if (!parsed) return parsed.error();
      auto profile = convert<dj_profile>(parsed.value(), file, "");
      if (!profile) return profile.error();
      if (const auto [field, why] = inconsistency(profile.value()); !why.empty()) return bad_pack(file, field, why);
      if (!names.insert(profile.value().name).second)
        return bad_pack(file, "name", "\"" + profile.value().name + "\" is there twice");
      for (const auto& other : pack_.profiles)
        for (const auto& shortcut : profile.value().shortcuts)
          if (std::find(other.shortcuts.begin(), other.shortcuts.end(), shortcut) != other.shortcuts.end())
            return bad_pack(file, "shortcuts", "\"" + shortcut + "\" means " + other.name + " already");
      pack_.profiles.push_back(std::move(profile.value()));
    }
    return ok();
  }

  result<void> read_stories() {
    origins_.clear();
    if (auto done = read_lists("stories", "stories", pack_.stories); !done) return done.error();
    std::set<std::string> ids;
    for (const auto& [index, file] : origins_) {
      const auto& story = pack_.stories[index];
      const auto name = "story \"" + story.story_id + "\"";
      if (story.story_id.empty()) return bad_pack(file, "story_id", "must not be empty");
      if (!ids.insert(story.story_id).second) return bad_pack(file, name, "is there twice");
      if (story.acts.empty()) return bad_pack(file, name, "has no acts");
      for (std::size_t i = 0; i < story.acts.size(); ++i)
        if (story.acts[i].act_number != static_cast<int>(i) + 1)
          return bad_pack(file, name, "acts must be numbered 1 to " + std::to_string(story.acts.size()) +
                                        " in order; number " + std::to_string(i + 1) + " is " +
                                        std::to_string(story.acts[i].act_number));
    }
    return check_callbacks();
  }

  /// An author's links between stories: each leads to a story of the pack, none leads back to where it came from.
  result<void> check_callbacks() {
    std::map<std::string, std::size_t> by_id;
    for (std::size_t i = 0; i < pack_.stories.size(); ++i) by_id.emplace(pack_.stories[i].story_id, i);
    std::vector<std::vector<std::size_t>> to(pack_.stories.size());
    std::map<std::size_t, fs::path> files(origins_.begin(), origins_.end());
    const auto field = [&](std::size_t i) { return "story \"" + pack_.stories[i].story_id + "\", callbacks"; };
    for (std::size_t i = 0; i < to.size(); ++i)
      for (const auto& id : pack_.stories[i].callbacks) {
        const auto at = by_id.find(id);
        if (at == by_id.end()) return bad_pack(files[i], field(i), "there is no story \"" + id + "\" in the pack");
        to[i].push_back(at->second);
      }
    const auto circle = find_circle(to);
    if (circle.empty()) return ok();
    if (circle.size() == 1) return bad_pack(files[circle.front()], field(circle.front()), "it calls back to itself");
    constexpr std::size_t most_named = 6;
    std::string way;
    for (std::size_t i = 0; i < circle.size() && i < most_named; ++i)
      way += "\"" + pack_.stories[circle[i]].story_id + "\", ";
    way += circle.size() > most_named ? "and so on" : "and again \"" + pack_.stories[circle.front()].story_id + "\"";
    return bad_pack(files[circle.front()], field(circle.front()), "they go round in a circle: " + way);
  }

  result<void> read_skeletons() {
    origins_.clear();
    if (auto done = read_lists("skeletons", "skeletons", pack_.skeletons); !done) return done.error();
    std::set<std::string> ids;
    for (const auto& [index, file] : origins_)
      if (!ids.insert(pack_.skeletons[index].template_id).second)
        return bad_pack(file, "skeleton \"" + pack_.skeletons[index].template_id + "\"", "is there twice");
    return ok();
  }

  result<void> read_topics() {
    auto files = named_files("topics");
    if (!files) return files.error();
    for (const auto& [name, file] : files.value()) {
      if (name != "gossip" && name != "news")
        return bad_pack(root_ / "pack.json", "topics." + name, "only gossip and news are known");
      auto parsed = read_json(file, "topics");
      if (!parsed) return parsed.error();
      try {
        for (const auto& list : parsed.value().at("topics"))
          (name == "gossip" ? pack_.gossip : pack_.news)
            .push_back({list.at("category").get<std::string>(), list.at("subjects").get<std::vector<std::string>>()});
      } catch (const json::exception& e) {
        return bad_pack(file, "topics", e.what());
      }
    }
    return ok();
  }

  result<void> read_grammars() {
    auto files = named_files("grammar");
    if (!files) return files.error();
    for (const auto& [language, file] : files.value()) {
      auto parsed = read_json(file, "grammar");
      if (!parsed) return parsed.error();
      pack_.grammars.emplace(language, std::move(parsed.value()));
    }
    return ok();
  }

  /// Texts only: whether a template can be used is looked at where it is compiled.
  result<void> read_prompts() {
    constexpr std::size_t largest_template = 64 << 10;
    auto files = named_files("prompts");
    if (!files) return files.error();
    for (const auto& [name, file] : files.value()) {
      auto bytes = read_bytes(file);
      if (!bytes) return bytes.error();
      const auto& text = bytes.value();
      if (text.size() > largest_template) return bad_pack(file, "", "is larger than 64 KB");
      if (const auto bad = utf8::find_invalid(text.begin(), text.end()); bad != text.end())
        return bad_pack(file, "byte " + std::to_string(bad - text.begin()), "is not UTF-8");
      if (text.find('\0') != std::string::npos) return bad_pack(file, "", "holds a zero byte");
      pack_.prompts.emplace(name, std::move(bytes.value()));
    }
    return ok();
  }

  result<void> check_whole() {
    const auto file = root_ / "pack.json";
    if (pack_.kind == "broadcast" && pack_.profiles.empty())
      return bad_pack(file, "profiles", "a broadcast pack needs one at least");
    if (pack_.kind == "stories" && pack_.skeletons.empty())
      return bad_pack(file, "skeletons", "a stories pack needs one at least");
    return ok();
  }

  /// Over names and bytes of all files, so that renaming one changes the hash too.
  result<void> hash_contents() {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::recursive_directory_iterator it(root_, error), end; !error && it != end; it.increment(error))
      if (it->is_regular_file(error)) files.push_back(it->path().lexically_relative(root_));
    if (error) return bad_pack(root_, "", error.message());
    std::sort(files.begin(), files.end());
    std::string digests;
    for (const auto& file : files) {
      auto bytes = read_bytes(root_ / file);
      if (!bytes) return bytes.error();
      digests += sha256_hex(bytes.value()) + "  " + file.generic_string() + "\n";
    }
    pack_.content_hash = sha256_hex(digests);
    return ok();
  }

  fs::path root_;
  pack_schemas schemas_;
  json manifest_;
  content_pack pack_;
  bool unchecked_ = false;      ///< schemas are looked at by `gather`, or by nobody, not by `read_json`
  fs::path schema_folder_;
  std::vector<failure> gathered_;
  std::vector<std::pair<std::size_t, fs::path>> origins_; ///< which file the elements read last came from
};

} // namespace

std::vector<failure> check_pack(const fs::path& folder, const fs::path& schemas) {
  auto faults = pack_loader(folder).faults(schemas);
  if (!faults.empty()) return faults;
  // Every file is sound by itself: what is left only the whole shows.
  if (auto whole = load_pack(folder); !whole) faults.push_back(whole.error());
  return faults;
}

result<std::vector<dj_profile>> load_dj_names(const fs::path& folder) { return pack_loader(folder).names(); }

result<content_pack> load_pack(const fs::path& folder) {
  return pack_loader(folder).load();
}

result<fs::path> find_pack(const std::string& name_or_path, const std::vector<fs::path>& search) {
  std::error_code ignored;
  if (fs::exists(fs::path(name_or_path) / "pack.json", ignored) && !name_or_path.empty())
    return fs::path(name_or_path);
  std::string looked;
  // A name is one folder's name; anything with a separator was a path and has failed.
  const bool name = !name_or_path.empty() && name_or_path.find('/') == std::string::npos && name_or_path != "..";
  for (const auto& folder : search) {
    if (name && fs::exists(folder / name_or_path / "pack.json", ignored)) return folder / name_or_path;
    looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  return failure{error_code::not_found, "no pack \"" + name_or_path + "\"",
                 looked.empty() ? "there is no folder to look in" : "looked in " + looked,
                 "give a pack's folder, or set LONGWAVE_PACK_PATH; `longwave packs` lists what can be found"};
}

std::vector<fs::path> list_packs(const std::vector<fs::path>& search) {
  std::vector<fs::path> packs;
  std::set<std::string> names;
  for (const auto& folder : search) {
    std::vector<fs::path> here;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      if (fs::exists(it->path() / "pack.json", ignored)) here.push_back(it->path());
    }
    std::sort(here.begin(), here.end());
    for (auto& pack : here)
      if (names.insert(pack.filename().string()).second) packs.push_back(std::move(pack));
  }
  return packs;
}

} // namespace longwave::storage
