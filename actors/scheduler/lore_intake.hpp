// Turns rows into records that a catalogue may take: reads, finds the layer, gathers every fault with its line.
#pragma once

#include "actors/scheduler/lore_discovery.hpp"
#include "actors/scheduler/lore_reading.hpp"
#include "messages/lore.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwave {

/// One fault of one row.
struct intake_fault {
  std::uint64_t line = 0;
  std::string id;
  lore_fault fault;
};

/// Rows in, sound records and faults out. Feed all rows of a file, then call `finish` once.
class lore_intake {
public:
  /// @param source  file or server, for provenance and messages
  lore_intake(std::string source, curated_titles curated) : source_(std::move(source)), curated_(std::move(curated)) {}

  void add(std::uint64_t line, const nlohmann::json& row);
  void add_fault(std::uint64_t line, lore_fault fault);
  /// Looks at all records together: the later one of two with one id, and all that go round in a circle, are faulty.
  void finish();
  /// Takes the records at these places out, with a fault.
  void drop(const std::vector<std::size_t>& places, const lore_fault& fault);

  /// Sound records in order.
  const std::vector<lore_record>& records() const noexcept { return records_; }
  std::vector<lore_record> take_records() { return std::move(records_); }
  /// In order of lines.
  const std::vector<intake_fault>& faults() const noexcept { return faults_; }
  std::map<std::string, std::size_t> fault_counts() const;
  std::uint64_t rows() const noexcept { return rows_; }
  /// Lines of sound records without years.
  const std::vector<std::uint64_t>& undated() const noexcept { return undated_; }
  /// Sound records by layer, "none" for those that no layer found; and by reason of exclusion.
  std::map<std::string, std::size_t> layers() const;
  std::map<std::string, std::size_t> exclusions() const;

private:
  void take_out(const std::vector<std::pair<std::size_t, lore_fault>>& found);

  std::string source_;
  curated_titles curated_;
  std::vector<lore_record> records_;
  std::vector<intake_fault> faults_;
  std::vector<std::uint64_t> undated_;
  std::uint64_t rows_ = 0;
};

/// Records in memory as a catalogue. The first search makes an index of all words.
class lore_list final : public lore_catalogue {
public:
  explicit lore_list(std::vector<lore_record> records, std::string content_hash)
    : records_(std::move(records)), hash_(std::move(content_hash)) {}

  result<void> each(const std::function<void(const lore_glance&)>& look) const override;
  result<lore_record> record(std::uint64_t number) const override;
  std::size_t size() const noexcept override { return records_.size(); }
  std::string content_hash() const override { return hash_; }
  result<std::vector<lore_hit>> search(std::string_view words, std::size_t limit,
                                       const std::function<bool(std::uint64_t)>& allowed) const override;

private:
  std::vector<lore_record> records_;
  std::string hash_;
  mutable std::once_flag indexed_;
  mutable std::unordered_map<std::string, std::vector<std::uint64_t>> index_;
};

} // namespace longwave
