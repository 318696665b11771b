// Writing JSON text by hand where it is on the hot path: byte for byte what nlohmann's compact dump gives.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace longwave {

/// Appends `text` as a JSON string with quotes. Non-ASCII is kept as UTF-8; invalid bytes become U+FFFD exactly as
/// nlohmann's `error_handler_t::replace` does it. Never throws but for lack of memory.
void append_json_string(std::string& out, std::string_view text);

/// Rounds to three decimals; NaN and infinities become 0, so that a damaged number cannot make damaged JSON.
double rounded3(double value) noexcept;

/// Appends `value` rounded to three decimals: "0.25", "1.0".
void append_json_fraction(std::string& out, double value);

/// Appends a whole number.
template <std::integral T>
void append_json_number(std::string& out, T value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

/// A document on one line; bytes that are no UTF-8 become U+FFFD.
std::string compact_json(const nlohmann::json& document);

/// Appends any number as nlohmann's dump writes it; for fractions that are rare.
void append_json_double(std::string& out, double value);

/// Writes objects and lists straight into a string, without a document in between. Names must be given in sorted order,
/// so that the text equals a dump of nlohmann's sorted objects. It checks nothing: what begins must be ended.
class json_writer {
public:
  /// @param out appended to; must outlive the writer
  explicit json_writer(std::string& out) : out_(out) {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_list() { return open('['); }
  json_writer& end_list() { return close(']'); }

  json_writer& name(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name; // names are ours: plain ASCII
    out_ += "\":";
    fresh_ = true;
    return *this;
  }

  /// A name that is data.
  json_writer& key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
    fresh_ = true;
    return *this;
  }

  json_writer& text(std::string_view value) {
    separate();
    append_json_string(out_, value);
    return *this;
  }
  template <std::integral T>
  json_writer& number(T value) {
    separate();
    append_json_number(out_, value);
    return *this;
  }
  json_writer& fraction(double value) {
    separate();
    append_json_double(out_, value);
    return *this;
  }
  json_writer& boolean(bool value) { return raw(value ? "true" : "false"); }
  /// A value that is JSON already.
  json_writer& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }
  template <class List>
  json_writer& texts(const List& list) {
    begin_list();
    for (const auto& entry : list) text(entry);
    return end_list();
  }
  template <class List>
  json_writer& numbers(const List& list) {
    begin_list();
    for (const auto entry : list) number(entry);
    return end_list();
  }

private:
  json_writer& open(char bracket) {
    separate();
    out_ += bracket;
    fresh_ = true;
    return *this;
  }
  json_writer& close(char bracket) {
    out_ += bracket;
    fresh_ = false;
    return *this;
  }
  /// A comma before everything but the first in its place.
  void separate() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }

  std::string& out_;
  bool fresh_ = true;
};

} // namespace longwave
