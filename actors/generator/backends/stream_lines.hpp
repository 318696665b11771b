// Splits a byte stream into lines or server-sent events, with the same result wherever the stream is cut.
//
// Pure: no sockets, no clock. One object serves one stream on one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace longwave {

/// Longest line or event kept in memory, bytes: far more than any piece of a text that may become a draft, and little
/// enough that a server which sends one endless line costs nothing.
constexpr std::size_t stream_line_limit = 1u << 20;

/// How far a splitter got.
enum class split_result {
  more,     ///< everything was taken, more may follow
  stopped,  ///< the receiver asked to stop; the rest was dropped
  too_long, ///< a line went over the limit; the stream is of no use any more
};

/// Newline-delimited records (NDJSON). A line ends with LF or CR LF; blank lines are left out.
class line_splitter {
public:
  /// Takes one line without its end; the view is valid during the call only. Returns false to stop.
  using receiver = std::function<bool(std::string_view line)>;

  explicit line_splitter(std::size_t limit = stream_line_limit) : limit_(limit) {}

  /// Takes the next bytes. After `stopped` or `too_long` every further call returns the same.
  split_result feed(std::string_view bytes, const receiver& receive);

  /// Ends the stream: a last line without a newline is delivered too.
  split_result finish(const receiver& receive);

private:
  bool deliver(std::string_view line, const receiver& receive);

  std::size_t limit_;
  std::string pending_;
  split_result state_ = split_result::more;
};

/// One server-sent event. `id` and `retry` fields are of no use here and left out.
struct sse_event {
  /// Empty means "message".
  std::string event;
  /// All `data` lines, joined by newlines.
  std::string data;
};

/// Server-sent events as the HTML standard defines them: LF, CR and CR LF end a line, `:` starts a comment, a blank
/// line ends an event, a byte order mark at the start is ignored. Events without data are left out.
class sse_splitter {
public:
  /// Takes one event. Returns false to stop.
  using receiver = std::function<bool(const sse_event& event)>;

  explicit sse_splitter(std::size_t limit = stream_line_limit) : limit_(limit) {}

  /// Takes the next bytes. After `stopped` or `too_long` every further call returns the same.
  split_result feed(std::string_view bytes, const receiver& receive);

  /// Ends the stream. Unlike a browser this delivers an event that lacks its blank line: some servers close right
  /// after "data: [DONE]", and half an event is no valid JSON anyway.
  split_result finish(const receiver& receive);

private:
  void end_line(const receiver& receive);
  void take_field(std::string_view line);
  void dispatch(const receiver& receive);

  std::size_t limit_;
  std::string line_;
  sse_event event_;
  bool has_data_ = false;
  bool first_line_ = true;
  bool after_cr_ = false;
  split_result state_ = split_result::more;
};

} // namespace longwave
