// A ring of events, and readers that keep their own place in it.
#include "cli/event_feed.hpp"

#include "messages/json_controls.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <functional>
#include <utility>

namespace longwave::cli {

namespace {

/// Of one piece of a stream; the rest follows with the next.
constexpr std::size_t piece_bytes = 64 * 1024;

std::string frame(std::string_view id, std::string_view type, const nlohmann::ordered_json& data) {
  std::string text;
  if (!id.empty()) text.append("id: ").append(id).append("\n");
  text.append("event: ").append(type).append("\ndata: ");
  text += escape_controls(data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return text + "\n\n";
}

} // namespace

/// One client's place in the feed.
class event_reader final : public reply_stream {
public:
  event_reader(std::shared_ptr<event_feed> feed, std::uint64_t after, std::string run, bool follow)
    : feed_(std::move(feed)), after_(after), run_(std::move(run)), follow_(follow) {}

  std::string take() override;
  bool over() const noexcept override { return !follow_; }
  void on_more(std::function<void()> wake) override {
    const std::lock_guard guard(feed_->mutex_);
    wake_ = std::move(wake);
  }

  /// With the feed's lock held. One wake for all events until they are taken.
  void woken() {
    if (wake_ && !pending_.exchange(true)) wake_();
  }

private:
  const std::shared_ptr<event_feed> feed_;
  std::uint64_t after_;
  const std::string run_;
  const bool follow_;
  std::function<void()> wake_;
  std::atomic<bool> pending_{false};
};

std::string event_reader::take() {
  pending_ = false;
  std::string text;
  const std::lock_guard guard(feed_->mutex_);
  const auto& events = feed_->events_;
  if (!events.empty() && after_ + 1 < events.front().number) {
    const auto missed = events.front().number - after_ - 1;
    text += frame({}, "events_missed", {{"type", "events_missed"}, {"detail", std::to_string(missed)}});
    after_ += missed;
  }
  for (auto at = std::find_if(events.begin(), events.end(), [&](const auto& e) { return e.number > after_; });
       at != events.end() && text.size() < piece_bytes; ++at) {
    after_ = at->number;
    if (!run_.empty() && !at->event.run.empty() && at->event.run != run_) continue;
    const auto id = feed_->start_ + "-" + std::to_string(at->number);
    text += frame(id, at->event.type, {{"id", id},
                                       {"at", rfc3339(at->at_us)},
                                       {"run_id", at->event.run.empty() ? nlohmann::ordered_json(nullptr)
                                                                        : nlohmann::ordered_json(at->event.run)},
                                       {"type", at->event.type},
                                       {"detail", at->event.detail}});
  }
  return text;
}

event_feed::event_feed(std::shared_ptr<const host_clock> clock, std::size_t capacity)
  : clock_(std::move(clock)), capacity_(std::max<std::size_t>(capacity, 1)), start_(std::to_string(clock_->wall_us())) {}

void event_feed::add(const event_happened& event) {
  const std::lock_guard guard(mutex_);
  events_.push_back({++last_, clock_->wall_us(), event});
  if (events_.size() > capacity_) events_.pop_front();
  std::erase_if(readers_, [](const auto& reader) {
    const auto alive = reader.lock();
    if (alive) alive->woken();
    return !alive;
  });
}

std::shared_ptr<reply_stream> event_feed::read(std::string_view last_id, std::string run, bool follow) {
  const std::lock_guard guard(mutex_);
  std::uint64_t after = events_.empty() ? last_ : events_.front().number - 1;
  const auto dash = last_id.rfind('-');
  if (dash != std::string_view::npos && last_id.substr(0, dash) == start_) {
    std::uint64_t number = 0;
    const char* end = last_id.data() + last_id.size();
    const auto read = std::from_chars(last_id.data() + dash + 1, end, number);
    if (read.ec == std::errc() && read.ptr == end && number <= last_) after = number;
  }
  auto reader = std::make_shared<event_reader>(shared_from_this(), after, std::move(run), follow);
  readers_.push_back(reader);
  return reader;
}

} // namespace longwave::cli
