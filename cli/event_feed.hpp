// The engine's latest events for whoever follows them: a bounded memory, and readers that are woken by each new one.
#pragma once

#include "actors/clock.hpp"
#include "cli/http_exchange.hpp"
#include "messages/monitor.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace longwave::cli {

/// Remembers the last `capacity` events of this process. Any thread; `add` never waits for a reader.
///
/// Not guaranteed: events of before this process. A reader that was away for longer than the memory reaches back is told
/// how many it missed.
class event_feed : public std::enable_shared_from_this<event_feed> {
public:
  /// Events that are remembered.
  static constexpr std::size_t default_capacity = 1'024;

  explicit event_feed(std::shared_ptr<const host_clock> clock, std::size_t capacity = default_capacity);

  void add(const event_happened& event);

  /// A text/event-stream of the events behind `last_id`: "id" is "<start of the engine>-<number>", "event" the type,
  /// "data" `{"id","at","run_id","type","detail"}`.
  /// @param last_id the id of the last event that the reader has; empty or of another process: all that is remembered
  /// @param run     only events of this run and of the engine itself; empty = all
  /// @param follow  false: ends after what is there now
  std::shared_ptr<reply_stream> read(std::string_view last_id, std::string run, bool follow);

private:
  friend class event_reader;

  struct remembered {
    std::uint64_t number = 0;
    std::int64_t at_us = 0;
    event_happened event;
  };

  const std::shared_ptr<const host_clock> clock_;
  const std::size_t capacity_;
  /// Tells ids of this process from those of another.
  const std::string start_;
  std::mutex mutex_;
  std::deque<remembered> events_;
  std::uint64_t last_ = 0;
  std::vector<std::weak_ptr<class event_reader>> readers_;
};

} // namespace longwave::cli
