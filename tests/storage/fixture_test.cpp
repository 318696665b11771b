// Stores of each schema this project ever wrote, kept as they were: they open, and everything in them is there (P14).
//
// fixtures/schema-N holds `store` and the output that went with it: `longwave broadcast --dj julie --duration 4 --enable-validation --enable-stories --seed 5 --clock virtual`.
#include "storage/audit.hpp"
#include "storage/stored_metadata.hpp"
#include "tests/storage/store_test_data.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace longwave;
using namespace longwave::storage;
using namespace longwave::storage::testing;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

} // namespace

TEST_CASE("a store of every schema that was ever written opens with all its records", "[storage]") {
  const fs::path kept = LONGWAVE_SOURCE_DIR "/tests/storage/fixtures";
  const std::string schema = GENERATE("schema-1", "schema-2");
  const bool read_only = GENERATE(false, true);
  CAPTURE(schema, read_only);
  scratch_folder folder;
  fs::copy(kept / schema, folder.path / schema, fs::copy_options::recursive);
  store_options options;
  options.read_only = read_only;
  auto opened = store::open(folder.path / schema / "store", options);
  if (!opened) FAIL(to_string(opened.error()));
  auto& s = *opened.value();
  REQUIRE(s.runs());
  REQUIRE(s.runs().value() == std::vector<std::string>{"fixture"});
  const auto loaded = s.load("fixture");
  if (!loaded) FAIL(to_string(loaded.error()));
  CHECK(loaded.value().config.dj == "Julie (2102, Appalachia)");
  CHECK(loaded.value().head.state == "completed");
  for (const auto* piece : {"counters", "gate", "streak", "show", "variety", "checkpoint"}) {
    INFO(piece);
    CHECK(loaded.value().state.count(piece) == 1);
  }
  std::vector<std::string> lines;
  REQUIRE(s.segments("fixture", 1, loaded.value().head.seq, [&](std::uint64_t, const std::string& line) {
    lines.push_back(line);
    return true;
  }));
  CHECK(lines == lines_of(folder.path / schema / "segments.jsonl"));
  CHECK(lines.size() == 4);
  REQUIRE(s.checkpoints("fixture"));
  CHECK(s.checkpoints("fixture").value().size() >= 4);
  const auto seen = audit_run(s, "fixture", folder.path / schema, loaded.value().head.seq, stored_metadata(s));
  if (!seen) FAIL(to_string(seen.error()));
  CHECK(seen.value().differences == std::vector<std::string>{});
}
