// A body that should be a stream of server-sent events, but may be one JSON object or a foreign page.
//
// Pure: no sockets, no clock. One object reads one body on one thread.
#pragma once

#include "actors/generator/backends/stream_lines.hpp"

#include <string>
#include <string_view>

namespace longwave {

/// What the first bytes of a body show. Servers that ignore `stream` answer with one object; a wrong address often
/// answers with a page.
enum class body_shape { unknown, events, object, foreign };

/// Finds the shape and hands on events as they come. The result is the same wherever the body is cut.
class shaped_body {
public:
  /// Takes the next bytes. @return false when no more are needed: the receiver asked to stop, a line was too long, or
  /// the body is foreign
  bool feed(std::string_view bytes, const sse_splitter::receiver& receive);

  /// Ends a stream of events: a last event without its blank line is delivered too. Does nothing for other shapes.
  void finish(const sse_splitter::receiver& receive);

  body_shape shape() const noexcept { return shape_; }
  bool too_long() const noexcept { return split_ == split_result::too_long; }
  bool empty() const noexcept { return !any_bytes_; }
  /// The whole body so far; only of shape `object`.
  const std::string& object() const noexcept { return body_; }

private:
  body_shape shape_ = body_shape::unknown;
  sse_splitter events_;
  split_result split_ = split_result::more;
  std::string body_;
  bool any_bytes_ = false;
};

} // namespace longwave
