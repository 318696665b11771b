// Reads a point of a run.
#include "cli/run_point.hpp"

#include <charconv>

namespace longwave::cli {

result<std::uint64_t> run_point(const opened_store& o, const std::string& word) {
  std::uint64_t seq = 0;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), seq);
  if (fault == std::errc{} && end == word.data() + word.size()) {
    const auto head = o.db->head(o.run);
    if (!head) return head.error();
    if (seq <= head.value().seq) return seq;
    return failure{error_code::not_found, "run " + o.run + " has no segment " + word,
                   "it has " + std::to_string(head.value().seq), ""};
  }
  const auto listed = o.db->checkpoints(o.run);
  if (!listed) return listed.error();
  for (const auto& c : listed.value())
    if (c.valid && c.record.id == word) return c.record.seq;
  return failure{error_code::not_found, "run " + o.run + " has no checkpoint " + word, "", "see longwave inspect checkpoints"};
}

} // namespace longwave::cli
