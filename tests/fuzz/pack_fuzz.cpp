// Any bytes as one file of a pack: manifest, profile, stories, topics, grammar, skeletons or prompt.
#include "tests/fuzz/fuzz_input.hpp"

#include "storage/pack_folder.hpp"

#include <iostream>
#include <iterator>

using namespace longwave;

namespace {

namespace fs = std::filesystem;

constexpr const char* manifest = R"({"format":1,"name":"small","title":"Small","version":"1.0.0","kind":"broadcast",
  "profiles":["profiles/julie.json"],"stories":["stories"],"skeletons":["skeletons.json"],
  "topics":{"gossip":"gossip.json","news":"news.json"},"grammar":{"en":"en.json"},"prompts":{"system":"system.mustache"}})";
constexpr const char* stories = R"({"stories":[{"story_id":"one","title":"T","timeline":"daily","summary":"A story of rain.",
  "content_type":"event","themes":["rain"],"factions":[],"locations":[],"characters":[],"region":"Appalachia",
  "year_min":2100,"year_max":2102,"knowledge_tier":"common","suggested_framing":"direct","acts":[{"act_number":1,
  "act_type":"setup","title":"A","summary":"Something happens.","tellings":["It rained."],"entities":[],
  "themes":[],"conflict_level":0.5,"emotional_tone":"calm"}]}]})";
constexpr const char* skeletons = R"({"skeletons":[{"template_id":"T-SYS-001","template_name":"The Plan","canonical_core":
  {"setting":"digital","primary_fear":"loss_of_autonomy","antagonist":"system","mechanism":"surveillance","twist":"inevitability"},
  "story_skeleton":{"act_1":"It begins one morning.","act_2":"It goes on all day.","act_3":"It ends at night."},"variation_axes":[]}]})";

/// A small pack in memory with the real profile, one file replaced by the fuzzer's. An input in eight is held against the
/// real schemas as well: they take ten times as long to read as the pack.
class spoilt_pack {
public:
  spoilt_pack() {
    const fs::path packs = LONGWAVE_SOURCE_DIR "/packs";
    const fs::path real = packs / "appalachia";
    fs::copy(packs / "schema", schemas_, fs::copy_options::recursive);
    fs::create_directories(root_ / "profiles");
    fs::copy(real / "profiles/julie.json", root_ / "profiles/julie.json");
    for (const char* name : {"gossip.json", "news.json"}) fs::copy(real / "topics" / name, root_ / name);
    for (const auto& [name, text] : {std::pair("pack.json", manifest), {"stories/a.json", stories}, {"skeletons.json", skeletons},
                                     {"en.json", R"({"format":1,"rules":{"start":["x"]}})"}, {"system.mustache", "{{dj}}"}})
      folder_.put(std::string("small/") + name, text);
    // A pack that is refused before the fuzzer has touched it would fuzz nothing.
    if (const auto sound = storage::load_pack(root_); !sound) {
      std::cerr << to_string(sound.error()) << "\n";
      std::abort();
    }
  }
  void load(unsigned which, std::string_view bytes) {
    static const std::string files[] = {"pack.json", "profiles/julie.json", "stories/a.json", "gossip.json",
                                        "en.json",   "skeletons.json",      "system.mustache"};
    const auto file = root_ / files[which % std::size(files)];
    const auto sound = folder_.path() / "sound";
    fs::rename(file, sound);
    folder_.put("small/" + files[which % std::size(files)], bytes);
    const bool bare = which / std::size(files) % 8 != 7;
    if (bare) fs::rename(schemas_, folder_.path() / "aside");
    const auto loaded = storage::load_pack(root_);
    if (!loaded) fuzz::require(to_string(loaded.error()).find('\n') == std::string::npos);
    if (bare) fs::rename(folder_.path() / "aside", schemas_);
    fs::rename(sound, file);
  }

private:
  fuzz::memory_folder folder_;
  fs::path root_ = folder_.path() / "small";
  fs::path schemas_ = folder_.path() / "schema";
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static spoilt_pack pack;
  auto bytes = fuzz::text_of(data, size);
  const auto which = fuzz::take_byte(bytes);
  pack.load(which, bytes);
  return 0;
}
