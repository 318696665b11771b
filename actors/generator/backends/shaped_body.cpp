// Looks at the first character that is no blank.
#include "actors/generator/backends/shaped_body.hpp"

namespace longwave {

bool shaped_body::feed(std::string_view bytes, const sse_splitter::receiver& receive) {
  if (bytes.empty()) return split_ == split_result::more && shape_ != body_shape::foreign;
  any_bytes_ = true;
  if (shape_ == body_shape::events) {
    split_ = events_.feed(bytes, receive);
    return split_ == split_result::more;
  }
  if (shape_ == body_shape::foreign) return false;
  if (body_.size() + bytes.size() > stream_line_limit) {
    body_.clear();
    split_ = split_result::too_long;
  }
  if (split_ != split_result::more) return false;
  body_.append(bytes);
  if (shape_ == body_shape::object) return true;
  // Held back until it is certain: a byte order mark may be cut in its middle.
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  std::string_view seen = body_;
  if (byte_order_mark.substr(0, seen.size()) == seen) return true;
  if (seen.substr(0, 3) == byte_order_mark) seen.remove_prefix(3);
  const auto first = seen.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return true;
  const char c = seen[first];
  shape_ = c == '{' ? body_shape::object : c == '<' ? body_shape::foreign : body_shape::events;
  if (shape_ == body_shape::events) {
    const std::string held = std::move(body_);
    body_.clear();
    split_ = events_.feed(held, receive);
    return split_ == split_result::more;
  }
  body_.erase(0, body_.size() - (seen.size() - first));
  return shape_ == body_shape::object;
}

void shaped_body::finish(const sse_splitter::receiver& receive) {
  if (shape_ == body_shape::events && split_ == split_result::more) split_ = events_.finish(receive);
}

} // namespace longwave
