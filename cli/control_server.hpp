// The HTTP/1.1 server of an engine: a Unix socket for its owner, on request also TCP. Knows bytes, limits and who may
// ask; what is asked goes to a route function.
#pragma once

#include "cli/http_exchange.hpp"
#include "messages/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace longwave::cli {

/// What a client may cost. The defaults are the contract's; tests set smaller ones.
struct server_limits {
  /// Request line and header fields, bytes; more is 431.
  std::size_t header_bytes = 16 * 1024;
  /// Body, bytes; more is 413, from the header alone where it states a length.
  std::size_t body_bytes = 1024 * 1024;
  /// Announced bytes of all bodies on their way in together; more is 503.
  std::size_t inbound_bytes = 64 * 1024 * 1024;
  /// Open connections, both kinds together. When full, the longest idle one without a request makes room.
  std::size_t connections = 1024;
  /// Requests in a stretch of `pace`, all connections together; beyond it a connection that had one already waits for
  /// the next stretch. What a flood may take from the run; a new connection's first request never waits.
  std::size_t requests_per_pace = 50;
  std::chrono::milliseconds pace{50};
  /// From the first byte of a request to its last.
  std::chrono::milliseconds request{10'000};
  /// Between two requests.
  std::chrono::milliseconds idle{60'000};
  /// For the route function's answer; then 503.
  std::chrono::milliseconds answer{10'000};
  /// For the client to take the answer.
  std::chrono::milliseconds send{10'000};
  /// Answers that go on (events); more are 503.
  std::size_t streams = 64;
  /// A stream without news sends a comment, so that both sides notice a dead connection.
  std::chrono::milliseconds heartbeat{15'000};
  /// For answers under way when the server ends.
  std::chrono::milliseconds farewell{1'000};
};

/// A TCP address that is listened on before anything is created for its sake, so that a start which cannot have it is
/// refused without a trace. Whoever connects waits until a server takes it over, or is turned away when it is let go.
class held_address {
public:
  /// @param listen  HOST:PORT, see check_listen; empty: null comes back
  /// Fails with bad_usage (cannot be read) or io_failed (taken by somebody else, or no address of this host).
  static result<std::shared_ptr<held_address>> take(const std::string& listen);
  ~held_address();
  held_address(const held_address&) = delete;
  held_address& operator=(const held_address&) = delete;

private:
  friend class control_server;
  explicit held_address(int socket) noexcept : socket_(socket) {}
  int socket_;
};

struct server_options {
  /// The engine's folder; the caller holds its lock, so that a socket found there is a dead engine's.
  std::filesystem::path data_dir;
  /// "HOST:PORT" for TCP besides, HOST a numeric address or "localhost", PORT 0 for any free one; empty for none.
  std::string listen;
  /// The same address, held already; null: it is taken at the start. A server uses it up.
  std::shared_ptr<held_address> held;
  /// Bearer token for TCP, asked for on loopback too. Empty: only a loopback address may be listened on.
  std::string token;
  /// A path that is answered without the token: the page that asks for it. Empty for none.
  std::string open_path;
  server_limits limits;
};

/// Runs from `start` to its destruction on one thread of its own. Requests of one connection are answered in order.
class control_server {
public:
  /// Fails with bad_usage (a `listen` that cannot be read, or not loopback and no token), io_failed or
  /// output_unwritable (socket cannot be made). `route` is called on the server's thread.
  static result<std::unique_ptr<control_server>> start(server_options options, route_function route);
  /// Waits for answers under way (`limits.farewell`), closes everything, removes socket and control.path.
  ~control_server();
  control_server(const control_server&) = delete;
  control_server& operator=(const control_server&) = delete;

  const std::filesystem::path& socket() const noexcept;
  /// The port listened on, 0 without TCP.
  std::uint16_t tcp_port() const noexcept;
  /// Connections open now; for tests and status, any thread.
  std::size_t connections() const noexcept;

private:
  struct core;
  explicit control_server(std::shared_ptr<core> parts);
  std::shared_ptr<core> core_;
};

/// Looks at --listen and --token-file before anything is created for them.
/// @param listen     HOST:PORT; empty: no TCP, and then a token file is refused
/// @param token_file a file with the bearer token, only its owner's (contract 8.37); empty: only loopback may be listened on
/// @return the token, empty without a file
/// Fails with bad_usage (address, or not loopback and no file) or bad_config (the file).
result<std::string> check_listen(const std::string& listen, const std::string& token_file);

} // namespace longwave::cli
