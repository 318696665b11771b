// A sliding window of deaths.
#include "actors/supervisor/restart_intensity.hpp"

#include <cstddef>

namespace longwave {

bool restart_intensity::note(std::chrono::milliseconds now) {
  deaths.push_back(now);
  while (deaths.front() + period < now) deaths.pop_front();
  const auto most = static_cast<std::size_t>(max_restarts < 0 ? 0 : max_restarts) + 1;
  while (deaths.size() > most) deaths.pop_front();
  return deaths.size() == most;
}

} // namespace longwave
