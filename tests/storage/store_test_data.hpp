// Folders, records and batches for the storage tests.
#pragma once

#include "storage/chain.hpp"
#include "storage/store.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace longwave::storage::testing {

/// A folder of its own below the system's temporary one, removed at the end.
struct scratch_folder {
  scratch_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "longwave-test-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  std::filesystem::path path;
};

inline std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void write_all(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Every file of a folder with its bytes.
inline std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = read_all(entry.path());
  return files;
}

inline run_config test_config(const std::string& run) {
  run_config c;
  c.run_id = run;
  c.dj = "Julie (2102, Appalachia)";
  c.duration_hours = 16;
  return c;
}

/// A run under construction: makes linked records and the batches that commit them.
struct test_run {
  explicit test_run(std::string name) : config(test_config(name)) { head.hash = zero_hash; }

  segment_record record(const std::string& text) const {
    segment_record r;
    r.seq = head.seq + 1;
    r.run_id = config.run_id;
    r.type = "gossip";
    r.position = {1 + static_cast<int>(head.seq / 16), 6 + static_cast<int>(head.seq % 16), 1, "2102-10-23"};
    r.text = text;
    r.accepted_at = "2000-01-01T00:00:00.000000Z";
    link_record(r, head.hash);
    return r;
  }

  /// Moves this run's head on and gives the batch for it.
  commit_batch next(const std::string& text = "A quiet hour.") {
    const auto r = record(text);
    commit_batch batch;
    batch.run = config.run_id;
    batch.epoch = head.epoch;
    batch.seq = r.seq;
    batch.prev_hash = head.hash;
    batch.record_line = record_line(r);
    head.seq = r.seq;
    head.hash = r.hash;
    batch.head = head;
    batch.provenance = R"({"plan":{}})";
    batch.changes = {{"variety", std::to_string(r.seq)}};
    return batch;
  }

  run_config config;
  run_head head;
};

inline result<void> commit_one(store& s, const commit_batch& batch) {
  return std::move(s.commit({&batch}).front());
}

inline std::unique_ptr<store> open_store(const std::filesystem::path& folder, store_options options = {}) {
  auto opened = store::open(folder, options);
  if (!opened) throw std::runtime_error(to_string(opened.error()));
  return std::move(opened.value());
}

/// A store with one run of `count` segments.
inline std::unique_ptr<store> store_with(const std::filesystem::path& folder, test_run& run, int count) {
  auto s = open_store(folder);
  if (auto made = s->create_run(run.config, run.head); !made) throw std::runtime_error(to_string(made.error()));
  for (int i = 0; i < count; ++i)
    if (auto done = commit_one(*s, run.next()); !done) throw std::runtime_error(to_string(done.error()));
  return s;
}

} // namespace longwave::storage::testing
