// What a person wants the weather of a run to be.
#pragma once

#include <optional>
#include <string>

namespace longwave {

struct weather_order {
  /// A weather type's name; empty: the calendar's weather again.
  std::string type;
  /// minor, moderate or severe; empty = moderate.
  std::string intensity;
  /// Empty: the calendar's.
  std::optional<int> temperature_f;
};

} // namespace longwave
