// Reading of pool files.
#include "cli/quest_pool.hpp"

#include "storage/file_hash.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <set>

namespace longwave::cli {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uintmax_t largest_file = 256 << 20;

failure unreadable(const fs::path& file, std::string why) {
  return {error_code::bad_input, "cannot use quest pool " + file.string(), std::move(why), "write it anew with `longwave audit`"};
}

result<void> check_story(const fs::path& file, const story_record& s, const std::string& field, std::set<std::string>& ids) {
  if (s.story_id.empty()) return unreadable(file, field + ".story_id: must not be empty");
  if (!ids.insert(s.story_id).second) return unreadable(file, field + ".story_id: \"" + s.story_id + "\" is there twice");
  if (s.acts.empty()) return unreadable(file, field + ".acts: there are none");
  for (std::size_t i = 0; i < s.acts.size(); ++i)
    if (s.acts[i].act_number != static_cast<int>(i) + 1) return unreadable(file, field + ".acts: must be numbered 1 to " + std::to_string(s.acts.size()));
  return ok();
}

result<void> read_whole(const fs::path& file, const json& list, quest_pool& pool) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto field = "stories[" + std::to_string(i) + "]";
    story_record story;
    try {
      story = list[i].get<story_record>();
    } catch (const json::exception& e) {
      return unreadable(file, field + ": " + e.what());
    }
    if (auto sound = check_story(file, story, field, ids); !sound) return sound;
    pool.listed_beats += story.acts.size();
    pool.stories.push_back(std::move(story));
  }
  pool.listed_stories = pool.stories.size();
  return ok();
}

result<void> read_names(const fs::path& file, const json& list, const std::vector<story_record>& known, bool resolve, quest_pool& pool) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto field = "scored_stories[" + std::to_string(i) + "]";
    if (!list[i].is_object() || !list[i].contains("story_id") || !list[i]["story_id"].is_string()) return unreadable(file, field + ".story_id: must be a text");
    const auto id = list[i]["story_id"].get<std::string>();
    const auto at = std::find_if(known.begin(), known.end(), [&](const auto& s) { return s.story_id == id; });
    if (at != known.end()) pool.stories.push_back(*at);
    else if (resolve) return unreadable(file, field + ".story_id: \"" + id + "\" is in neither pack nor catalogue, and the pool does not hold it");
    ++pool.listed_stories;
    const auto acts = list[i].contains("acts") ? list[i]["acts"] : json();
    pool.listed_beats += acts.is_number_unsigned() ? acts.get<std::size_t>() : acts.is_array() ? acts.size() : at != known.end() ? at->acts.size() : 0;
  }
  return ok();
}

} // namespace

std::string quest_pool_name(const std::string& dj) {
  std::string name;
  for (char c : dj) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) name += c;
    else if (!name.empty() && name.back() != '_') name += '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name + "_quest_pool.json";
}

result<quest_pool> read_quest_pool(const fs::path& file, const std::vector<story_record>& known, bool resolve) {
  std::error_code ec;
  const auto size = fs::file_size(file, ec);
  if (ec) return unreadable(file, ec.message());
  if (size > largest_file) return unreadable(file, "is larger than 256 MB");
  std::ifstream in(file, std::ios::binary);
  json j;
  try {
    j = json::parse(in);
  } catch (const json::exception& e) {
    return unreadable(file, e.what());
  }
  if (!j.is_object()) return unreadable(file, "must be an object");
  quest_pool pool;
  if (j.contains("dj_name") && j["dj_name"].is_string()) pool.dj = j["dj_name"].get<std::string>();
  result<void> done = ok();
  if (j.contains("stories") && j["stories"].is_array() && !j["stories"].empty()) done = read_whole(file, j["stories"], pool);
  else if (j.contains("scored_stories") && j["scored_stories"].is_array()) done = read_names(file, j["scored_stories"], known, resolve, pool);
  else return unreadable(file, "holds neither stories nor scored_stories");
  if (!done) return done.error();
  auto hash = storage::sha256_of_file(file);
  if (!hash) return hash.error();
  pool.hash = std::move(hash.value());
  return pool;
}

story_collection collection_of(const quest_pool& pool) {
  story_collection c;
  for (const auto& s : pool.stories) {
    ++c.candidates;
    ++c.layers["pool"];
    c.stories.push_back(weighed(s, "pool", "pool"));
  }
  return c;
}

} // namespace longwave::cli
