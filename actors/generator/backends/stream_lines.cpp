// Line and event splitters for streamed answers.
#include "actors/generator/backends/stream_lines.hpp"

namespace longwave {

bool line_splitter::deliver(std::string_view line, const receiver& receive) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.find_first_not_of(" \t") == std::string_view::npos) return true;
  return receive(line);
}

split_result line_splitter::feed(std::string_view bytes, const receiver& receive) {
  while (state_ == split_result::more && !bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, end);
    if (pending_.size() + piece.size() > limit_) {
      pending_.clear();
      return state_ = split_result::too_long;
    }
    if (end == std::string_view::npos) {
      pending_.append(piece);
      break;
    }
    bool go_on = true;
    if (pending_.empty()) {
      go_on = deliver(piece, receive);
    } else {
      pending_.append(piece);
      go_on = deliver(pending_, receive);
      pending_.clear();
    }
    if (!go_on) state_ = split_result::stopped;
    bytes.remove_prefix(end + 1);
  }
  return state_;
}

split_result line_splitter::finish(const receiver& receive) {
  if (state_ != split_result::more || pending_.empty()) return state_;
  const std::string last = std::move(pending_);
  pending_.clear();
  if (!deliver(last, receive)) state_ = split_result::stopped;
  return state_;
}

split_result sse_splitter::feed(std::string_view bytes, const receiver& receive) {
  while (state_ == split_result::more && !bytes.empty()) {
    if (after_cr_) {
      // The LF of a CR LF whose CR has already ended the line, perhaps at the end of the bytes before.
      after_cr_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const auto end = bytes.find_first_of("\r\n");
    const auto piece = bytes.substr(0, end);
    if (line_.size() + event_.data.size() + piece.size() > limit_) {
      line_.clear();
      event_ = {};
      return state_ = split_result::too_long;
    }
    line_.append(piece);
    if (end == std::string_view::npos) break;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line(receive);
  }
  return state_;
}

split_result sse_splitter::finish(const receiver& receive) {
  if (state_ != split_result::more) return state_;
  if (!line_.empty()) end_line(receive);
  if (state_ == split_result::more) dispatch(receive);
  return state_;
}

void sse_splitter::end_line(const receiver& receive) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  std::string_view line = line_;
  if (first_line_ && line.substr(0, byte_order_mark.size()) == byte_order_mark) {
    line.remove_prefix(byte_order_mark.size());
  }
  first_line_ = false;
  if (line.empty()) {
    dispatch(receive);
  } else {
    take_field(line);
  }
  line_.clear();
}

void sse_splitter::take_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == 0) return; // a comment; llama-server sends them as pings
  const auto name = line.substr(0, colon);
  std::string_view value;
  if (colon != std::string_view::npos) value = line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) event_.data.push_back('\n');
    event_.data.append(value);
    has_data_ = true;
  } else if (name == "event") {
    event_.event.assign(value);
  }
}

void sse_splitter::dispatch(const receiver& receive) {
  const sse_event event = std::move(event_);
  const bool deliver = has_data_;
  event_ = {};
  has_data_ = false;
  if (deliver && !receive(event)) state_ = split_result::stopped;
}

} // namespace longwave
