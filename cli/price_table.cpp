// Settings are read from the end of the text, so that a model's name may hold blanks.
#include "cli/price_table.hpp"

#include <charconv>
#include <optional>

namespace longwave::cli {

namespace {

constexpr double highest_price = 1e6;

failure bad_price(const std::string& text, const std::string& why) {
  return {error_code::bad_usage, "--price " + text, why, "write \"MODEL input=2.5 cached-input=0.25 output=10\", per million tokens"};
}

std::optional<double> amount(const std::string& text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= highest_price)) return std::nullopt;
  return value;
}

} // namespace

result<model_price> parse_price(const std::string& text) {
  model_price price;
  std::string rest = text;
  bool input = false, output = false;
  for (;;) {
    const auto end = rest.find_last_not_of(' ');
    rest.resize(end == std::string::npos ? 0 : end + 1);
    const auto blank = rest.find_last_of(' ');
    const auto word = rest.substr(blank == std::string::npos ? 0 : blank + 1);
    const auto equals = word.find('=');
    if (equals == std::string::npos || blank == std::string::npos) break;
    const auto name = word.substr(0, equals);
    const auto value = amount(word.substr(equals + 1));
    if (!value) return bad_price(text, name + " wants a number from 0 to 1000000");
    if (name == "input") price.input = *value, input = true;
    else if (name == "cached-input" || name == "cached_input") price.cached_input = *value;
    else if (name == "output") price.output = *value, output = true;
    else return bad_price(text, "knows input, cached-input and output, not " + name);
    rest.resize(blank);
  }
  if (rest.empty() || !input || !output) return bad_price(text, "wants a model, input and output");
  price.model = rest;
  return price;
}

} // namespace longwave::cli
