// Any bytes as one file of a pack: manifest, profile, story, topics, skeletons or grammar.
#include "tests/fuzz/fuzz_input.hpp"

#include "storage/pack_folder.hpp"

#include <iterator>

using namespace longwave;

namespace {

namespace fs = std::filesystem;

/// A copy of the real pack in memory with one file replaced by the fuzzer's.
class spoilt_pack {
public:
  spoilt_pack() {
    const fs::path packs = LONGWAVE_SOURCE_DIR "/packs";
    fs::copy(packs / "schema", folder_.path() / "schema", fs::copy_options::recursive);
    for (const char* name : {"appalachia", "midnight"}) fs::copy(packs / name, folder_.path() / name, fs::copy_options::recursive);
  }
  void load(unsigned which, std::string_view bytes) {
    static const std::string files[] = {"appalachia/pack.json",          "appalachia/profiles/julie.json", "appalachia/stories/a-01.json",
                                        "appalachia/topics/gossip.json", "appalachia/grammar/en.json",     "midnight/skeletons/skeletons.json"};
    const auto& name = files[which % std::size(files)];
    const auto sound = folder_.path() / (name + ".sound");
    fs::rename(folder_.path() / name, sound);
    folder_.put(name, bytes);
    const auto loaded = storage::load_pack(folder_.path() / name.substr(0, name.find('/')));
    if (!loaded) fuzz::require(to_string(loaded.error()).find('\n') == std::string::npos);
    fs::rename(sound, folder_.path() / name);
  }

private:
  fuzz::memory_folder folder_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static spoilt_pack pack;
  auto bytes = fuzz::text_of(data, size);
  const auto which = fuzz::take_byte(bytes);
  pack.load(which, bytes);
  return 0;
}
