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
  "topics":{"gossip":"topics.json","news":"topics.json"},"grammar":{"en":"en.json"},"prompts":{"system":"system.mustache"}})";
constexpr const char* stories = R"({"stories":[{"story_id":"one","title":"T","timeline":"daily","summary":"S.",
  "content_type":"event","themes":["rain"],"factions":[],"locations":[],"characters":[],"region":"Appalachia",
  "year_min":2100,"year_max":2102,"knowledge_tier":"common","suggested_framing":"direct","acts":[{"act_number":1,
  "act_type":"setup","title":"A","summary":"Something happens.","tellings":["It rained."],"entities":[],
  "themes":[],"conflict_level":0.5,"emotional_tone":"calm"}]}]})";
constexpr const char* topics = R"({"topics":[{"category":"c","subjects":["a door","a well"]}]})";
constexpr const char* skeletons = R"({"skeletons":[{"template_id":"t1","template_name":"N","canonical_core":
  {"setting":"s","primary_fear":"f","antagonist":"a","mechanism":"m","twist":"w"},
  "story_skeleton":{"act_1":"1","act_2":"2","act_3":"3"},"variation_axes":[]}]})";

/// A small pack in memory, beside the real schemas and with the real profile; one file is replaced by the fuzzer's.
class spoilt_pack {
public:
  spoilt_pack() {
    const fs::path packs = LONGWAVE_SOURCE_DIR "/packs";
    const fs::path real = packs / "appalachia";
    fs::copy(packs / "schema", folder_.path() / "schema", fs::copy_options::recursive);
    fs::create_directories(root_ / "profiles");
    fs::copy(real / "profiles/julie.json", root_ / "profiles/julie.json");
    for (const auto& [name, text] : {std::pair("pack.json", manifest), {"stories/a.json", stories}, {"topics.json", topics},
                                     {"en.json", R"({"rules":{"start":["x"]}})"}, {"skeletons.json", skeletons}, {"system.mustache", "{{dj}}"}})
      folder_.put(std::string("small/") + name, text);
    // A pack that is refused before the fuzzer has touched it would fuzz nothing.
    if (const auto sound = storage::load_pack(root_); !sound) {
      std::cerr << to_string(sound.error()) << "\n";
      std::abort();
    }
  }
  void load(unsigned which, std::string_view bytes) {
    static const std::string files[] = {"pack.json", "profiles/julie.json", "stories/a.json", "topics.json",
                                        "en.json",   "skeletons.json",      "system.mustache"};
    const auto file = root_ / files[which % std::size(files)];
    const auto sound = folder_.path() / "sound";
    fs::rename(file, sound);
    folder_.put("small/" + files[which % std::size(files)], bytes);
    const auto loaded = storage::load_pack(root_);
    if (!loaded) fuzz::require(to_string(loaded.error()).find('\n') == std::string::npos);
    fs::rename(sound, file);
  }

private:
  fuzz::memory_folder folder_;
  fs::path root_ = folder_.path() / "small";
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static spoilt_pack pack;
  auto bytes = fuzz::text_of(data, size);
  const auto which = fuzz::take_byte(bytes);
  pack.load(which, bytes);
  return 0;
}
