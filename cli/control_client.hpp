// Asks a running engine over its control socket, and waits for the answer.
#pragma once

#include "cli/http_exchange.hpp"
#include "cli/place.hpp"
#include "messages/error.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace longwave::cli {

/// One request on a connection of its own. Any HTTP answer is a success, also 404; look at `status`.
/// @param body_json  empty for none
/// @param timeout_ms for everything from connecting to the last byte
/// Fails with not_found (nobody listens there), io_failed (no answer in time, or not an answer) or bad_usage (the
/// socket belongs to another user).
result<http_reply> ask_engine(const place& where, std::string_view method, std::string_view target,
                              std::string_view body_json = {}, int timeout_ms = 15'000);

/// Reads a text/event-stream until it ends or `each` returns false; `each` gets every event's data.
/// Fails as `ask_engine` does; with io_failed also when the stream is silent for a minute (a living one sends a comment
/// every 15 s). An answer that is no stream is a failure with its problem's detail.
result<void> follow_events(const place& where, std::string_view target,
                           const std::function<bool(const std::string& data)>& each);

/// The same by the socket's path.
result<http_reply> ask_socket(const std::filesystem::path& socket, std::string_view method, std::string_view target,
                              std::string_view body_json = {}, int timeout_ms = 15'000);

} // namespace longwave::cli
