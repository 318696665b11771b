// Reading stored records: one line of segments.jsonl, or the value of a segment's key.
#pragma once

#include "messages/error.hpp"
#include "messages/record.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace longwave::storage {

/// Reads records one after another, about ten times as fast as a document of each would be. Keeps a buffer as large as
/// the largest record. One reader is used by one thread at a time.
class record_reader {
public:
  record_reader();
  ~record_reader();
  record_reader(record_reader&&) noexcept;
  record_reader& operator=(record_reader&&) noexcept;

  /// @param line  a compact JSON object; any bytes
  /// @return the record, equal to `nlohmann::json::parse(line).get<segment_record>()`; where that throws,
  ///         `store_damaged` with its reason
  result<segment_record> read(std::string_view line);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

/// One record with the line that it was read from. Ends the walk by failing.
using record_visitor = std::function<result<void>(const segment_record& record, const std::string& line)>;

/// Visits the records of segments `from` to `to` of a run in order. Fails as the store, as `each`, or with
/// `store_damaged` naming the segment that cannot be read.
result<void> for_each_record(const store& from_store, const std::string& run, std::uint64_t from, std::uint64_t to,
                             const record_visitor& each);

/// The record of one segment. Fails like `store::segment_line`, or with `store_damaged`.
result<segment_record> read_record(const store& from_store, const std::string& run, std::uint64_t seq);

} // namespace longwave::storage
