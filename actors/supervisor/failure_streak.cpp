// Counting failures in a row.
#include "actors/supervisor/failure_streak.hpp"

#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

namespace longwave {

failure_streak::effect failure_streak::on_accepted() noexcept {
  consecutive = 0;
  backend_in_row = 0;
  return effect::none;
}

failure_streak::effect failure_streak::on_failed(const std::string& why, bool backend_class) {
  ++total;
  last = why;
  const bool limited = limit > 0;
  if (!limited || consecutive < static_cast<std::uint64_t>(limit)) ++consecutive;
  backend_in_row = backend_class ? backend_in_row + 1 : 0;
  return limited && consecutive >= static_cast<std::uint64_t>(limit) ? effect::pause : effect::none;
}

void failure_streak::on_resumed() noexcept {
  consecutive = 0;
  backend_in_row = 0;
}

bool failure_streak::all_backend() const noexcept {
  return limit > 0 && consecutive >= static_cast<std::uint64_t>(limit) && backend_in_row >= consecutive;
}

void append_json(std::string& out, const failure_streak& s) {
  json_writer w(out);
  w.begin_object().name("backend_in_row").number(s.backend_in_row).name("consecutive").number(s.consecutive);
  w.name("last").text(s.last).name("total").number(s.total).end_object();
}

void to_json(nlohmann::json& j, const failure_streak& s) {
  std::string text;
  append_json(text, s);
  j = nlohmann::json::parse(text);
}

void from_json(const nlohmann::json& j, failure_streak& s) {
  j.at("consecutive").get_to(s.consecutive);
  j.at("total").get_to(s.total);
  j.at("last").get_to(s.last);
  j.at("backend_in_row").get_to(s.backend_in_row);
}

} // namespace longwave
