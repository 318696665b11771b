// A pack is read once as long as its files stay what they are, and anew as soon as one of them does not.
#include "cli/kept_packs.hpp"

#include "../storage/store_test_data.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace longwave;
using namespace longwave::cli;
using storage::testing::scratch_folder;
namespace fs = std::filesystem;

namespace {

fs::path copied(const scratch_folder& folder, const std::string& name) {
  fs::copy(fs::path(LONGWAVE_SOURCE_DIR) / "packs" / "midnight", folder.path / name, fs::copy_options::recursive);
  return folder.path / name;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void replace(const fs::path& file, const std::string& from, const std::string& to) {
  auto text = text_of(file);
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  std::ofstream(file, std::ios::binary) << text;
}

} // namespace

TEST_CASE("kept packs: read once while the files stay, anew when one changes, whatever its time says", "[kept_packs]") {
  const scratch_folder folder;
  const auto home = copied(folder, "one");
  kept_packs packs;
  packs.keep(2);
  const auto first = packs.read(home);
  REQUIRE(first);
  CHECK(packs.read(home).value() == first.value());
  const auto manifest = home / "pack.json";
  const auto time = fs::last_write_time(manifest);
  const auto title = first.value()->title;
  auto other = title;
  other.front() = other.front() == 'X' ? 'Y' : 'X';
  replace(manifest, '"' + title + '"', '"' + other + '"');
  fs::last_write_time(manifest, time); // same size, same time
  const auto second = packs.read(home);
  REQUIRE(second);
  CHECK(second.value()->title == other);
  CHECK(second.value()->content_hash != first.value()->content_hash);
  CHECK(first.value()->title == title); // what somebody holds stays
  std::ofstream(manifest) << "{";
  CHECK(packs.read(home).error().code == error_code::bad_pack);
  fs::remove_all(home);
  CHECK(!packs.read(home));
}

TEST_CASE("kept packs: so many at most, those used last; none unless asked", "[kept_packs]") {
  const scratch_folder folder;
  const auto a = copied(folder, "a"), b = copied(folder, "b"), c = copied(folder, "c");
  kept_packs packs;
  const auto unkept = packs.read(a).value();
  CHECK(unkept.use_count() == 1);
  packs.keep(2);
  const auto in_a = packs.read(a).value(), in_b = packs.read(b).value();
  CHECK(packs.read(a).value() == in_a);
  const auto in_c = packs.read(c).value();
  CHECK(packs.read(a).value() == in_a);
  CHECK(packs.read(c).value() == in_c);
  CHECK(packs.read(b).value() != in_b);
  packs.keep(0);
  CHECK(packs.read(c).value() != in_c);
}
