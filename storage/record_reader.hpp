// Reading stored records: one line of segments.jsonl, or the value of a segment's key.
#pragma once

#include "messages/error.hpp"
#include "messages/record.hpp"

#include <memory>
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

} // namespace longwave::storage
