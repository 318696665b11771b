// Sockets, limits and HTTP framing of the control server, on Boost.Beast; one thread that never waits for the engine.
#include "cli/control_server.hpp"

#include "cli/api_key.hpp"
#include "cli/place.hpp"
#include "storage/output_folder.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <list>
#include <optional>
#include <thread>
#include <vector>

namespace longwave::cli {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace fs = std::filesystem;

using boost::system::error_code;
using code_t = longwave::error_code;
using byte_stream = beast::basic_stream<net::generic::stream_protocol, net::any_io_executor>;
using local_acceptor = net::local::stream_protocol::acceptor;
using tcp = net::ip::tcp;

namespace {

/// Of one connection: a whole header and a piece of a body.
constexpr std::size_t buffer_bytes = 64 * 1024;
/// After an answer that closes: how long and how much is still read, so that the client sees the answer, not a reset.
constexpr std::chrono::milliseconds linger_time{2'000};
constexpr std::size_t linger_bytes = 8 * 1024 * 1024;
/// After an accept failed for want of file descriptors.
constexpr std::chrono::milliseconds accept_pause{50};

/// Open files that stay for the store, logs and backend connections.
constexpr std::size_t files_for_others = 2'048;

/// Takes the same time wherever the difference is.
bool same_secret(std::string_view given, std::string_view secret) noexcept {
  unsigned difference = given.size() == secret.size() && !secret.empty() ? 0 : 1;
  for (std::size_t i = 0; i < given.size() && !secret.empty(); ++i)
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(secret[i % secret.size()]);
  return difference == 0;
}

std::string_view as_view(beast::string_view text) { return {text.data(), text.size()}; }

/// "name:80" -> "name", "[::1]:80" -> "::1".
std::string_view host_name(std::string_view host) {
  if (!host.empty() && host.front() == '[') return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool is_loopback_name(std::string_view name) {
  if (beast::iequals({name.data(), name.size()}, "localhost")) return true;
  error_code ec;
  const auto address = net::ip::make_address(std::string(name), ec);
  return !ec && address.is_loopback();
}

std::string reply_head(const http_reply& reply, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head += status_phrase(reply.status);
  head += "\r\nContent-Type: " + reply.content_type;
  head += "\r\nContent-Length: " + std::to_string(reply.body.size());
  head += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff";
  for (const auto& [name, value] : reply.headers) head += "\r\n" + name + ": " + value;
  head += keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  return head;
}

/// What to say to a request that cannot be read; empty when there is nobody to say it to.
std::optional<http_reply> refusal(const error_code& ec) {
  if (ec == http::error::body_limit) return problem_reply(413, "the body is too large");
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return problem_reply(431, "the request line or header is too large");
  if (ec == http::error::end_of_stream) return std::nullopt;
  if (ec == http::error::bad_version) return problem_reply(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (ec.category() == http::make_error_code(http::error::bad_method).category())
    return problem_reply(400, "not a request of HTTP/1.1: " + ec.message());
  return std::nullopt;
}

struct listen_address {
  tcp::endpoint endpoint;
  bool loopback = false;
};

result<listen_address> parse_listen(const std::string& text) {
  const failure bad{code_t::bad_usage, "cannot listen on \"" + text + "\"",
                    "it is not HOST:PORT with a numeric address or \"localhost\"",
                    "for example --listen 127.0.0.1:8080"};
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return bad;
  std::string host(text, 0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  error_code ec;
  const auto address = net::ip::make_address(host, ec);
  unsigned port = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  if (ec || read.ec != std::errc() || read.ptr != end || port > 65'535) return bad;
  return listen_address{tcp::endpoint(address, static_cast<std::uint16_t>(port)), address.is_loopback()};
}

result<void> check_loopback(const std::string& text, const listen_address& address) {
  if (address.loopback) return ok();
  return failure{code_t::bad_usage, "cannot listen on " + text, "it is not a loopback address",
                 "give a --token-file, or listen on 127.0.0.1"};
}

failure socket_failure(const std::string& what, const error_code& ec) {
  return {code_t::io_failed, what, ec.message(), "check the folder's rights and the address"};
}

class session;

/// How many requests were served in the present stretch of time, and who waits for the next one.
struct request_pace {
  explicit request_pace(net::io_context& io) : timer(io) {}
  net::steady_timer timer;
  bool running = false;
  std::uint64_t stretch = 1;
  std::size_t served = 0;
  std::vector<std::shared_ptr<session>> held;
};

} // namespace

/// Everything the server's thread owns. Declared so that the io_context, whose destruction ends the last sessions, goes
/// before what sessions refer to.
struct control_server::core : std::enable_shared_from_this<control_server::core> {
  core(server_options o, route_function r) : options(std::move(o)), route(std::move(r)) {}

  result<void> listen();
  result<void> listen_local();
  result<void> listen_tcp();
  result<void> name_socket() const;
  void accept_local();
  void accept_tcp();
  void accepted(net::generic::stream_protocol::socket socket, bool over_network);
  bool make_room();
  void run();
  void begin_end();
  void remove_files() const;

  server_options options;
  route_function route;
  fs::path path;
  dev_t device = 0;
  ino_t inode = 0;
  std::uint16_t port = 0;
  bool ending = false;
  /// Order of events, for "longest idle".
  std::uint64_t ticks = 0;
  std::size_t inbound = 0;
  std::size_t streams = 0;
  std::list<session*> sessions;
  std::atomic<std::size_t> open{0};
  net::io_context io{1};
  local_acceptor local{io};
  tcp::acceptor remote{io};
  net::steady_timer accept_again{io};
  net::steady_timer remote_again{io};
  net::steady_timer farewell{io};
  request_pace pace{io};
  std::thread thread;
};

namespace {

/// One connection: waits for a request, reads it, has it answered, sends the answer, and again. Lives as long as one of
/// its operations is under way. All on the server's thread.
class session : public std::enable_shared_from_this<session> {
public:
  enum class phase { waiting, reading, answering, sending, streaming, lingering, closed };

  template <class Core>
  session(Core& core, net::generic::stream_protocol::socket socket, bool over_network)
      : options_(core.options), route_(core.route), ticks_(core.ticks), inbound_(core.inbound), streams_(core.streams), ending_(core.ending),
        pace_(core.pace), stream_(std::move(socket)), answer_timer_(core.io), over_network_(over_network) {
    const auto place = core.sessions.insert(core.sessions.end(), this);
    core.open.fetch_add(1);
    leave_ = [&core, place] {
      core.sessions.erase(place);
      core.open.fetch_sub(1);
      if (core.ending && core.sessions.empty()) core.io.stop();
    };
    post_reply_ = [owner = core.weak_from_this()](std::function<void()> act) {
      if (auto alive = owner.lock()) net::post(alive->io, std::move(act));
    };
  }
  ~session() { close(); }

  phase now_in() const noexcept { return phase_; }
  std::uint64_t since() const noexcept { return since_; }

  void next_request();
  void close();

private:
  void enter(phase p) {
    phase_ = p;
    since_ = ++ticks_;
  }
  void read_header();
  void on_header(error_code ec);
  std::optional<http_reply> header_refusal() const;
  std::optional<http_reply> network_refusal() const;
  void read_body();
  void on_body(error_code ec);
  void have_answered();
  void answered(std::uint64_t number, http_reply reply);
  void refuse(http_reply reply);
  void send(http_reply reply);
  void begin_stream(http_reply reply);
  void pump();
  void write_piece(std::string piece);
  void say_goodbye();
  void linger();
  bool held_back();
  void release_inbound() { inbound_ -= std::exchange(announced_, 0); }

  const server_options& options_;
  const route_function& route_;
  std::uint64_t& ticks_;
  std::size_t& inbound_;
  std::size_t& streams_;
  const bool& ending_;
  request_pace& pace_;
  std::function<void()> leave_;
  std::function<void(std::function<void()>)> post_reply_;

  byte_stream stream_;
  beast::flat_buffer buffer_{buffer_bytes};
  std::optional<http::request_parser<http::string_body>> parser_;
  net::steady_timer answer_timer_;
  const bool over_network_;
  phase phase_ = phase::waiting;
  std::uint64_t since_ = 0;
  std::uint64_t question_ = 0;
  /// The stretch of time in which the last request was served.
  std::uint64_t last_stretch_ = 0;
  std::size_t announced_ = 0;
  std::size_t lingered_ = 0;
  bool keep_alive_ = true;
  bool head_only_ = false;
  std::shared_ptr<reply_stream> source_;
  bool writing_ = false;
  std::string out_head_;
  std::string out_body_;
};

void begin_stretch(request_pace& pace, std::chrono::milliseconds length) {
  pace.timer.expires_after(length);
  pace.timer.async_wait([&pace](error_code ec) {
    if (ec) return;
    ++pace.stretch;
    pace.served = 0;
    pace.running = false;
    for (auto& waiting : std::exchange(pace.held, {}))
      if (waiting->now_in() != session::phase::closed) waiting->next_request();
  });
}

void session::close() {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  release_inbound();
  if (std::exchange(source_, nullptr)) --streams_;
  answer_timer_.cancel();
  error_code ignored; // the socket is given up whatever it says
  stream_.socket().shutdown(net::socket_base::shutdown_both, ignored);
  stream_.socket().close(ignored);
  leave_();
}

/// True when this connection has to wait for the next stretch of time; it then comes back by itself.
bool session::held_back() {
  if (last_stretch_ != pace_.stretch || pace_.served < options_.limits.requests_per_pace) return false;
  pace_.held.push_back(shared_from_this());
  return true;
}

void session::next_request() {
  if (ending_) return close();
  enter(phase::waiting);
  if (held_back()) return;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(options_.limits.header_bytes));
  parser_->body_limit(options_.limits.body_bytes);
  if (buffer_.size() > 0) return read_header(); // pipelined
  stream_.expires_after(options_.limits.idle);
  stream_.async_read_some(buffer_.prepare(4'096), [self = shared_from_this()](error_code ec, std::size_t bytes) {
    if (self->phase_ == phase::closed) return;
    if (ec) return self->close();
    self->buffer_.commit(bytes);
    self->read_header();
  });
}

void session::read_header() {
  enter(phase::reading);
  // One deadline for header and body: a byte now and then does not extend it.
  stream_.expires_after(options_.limits.request);
  http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](error_code ec, std::size_t) {
    if (self->phase_ != phase::closed) self->on_header(ec);
  });
}

void session::on_header(error_code ec) {
  if (ec) {
    auto why = refusal(ec);
    return why ? refuse(std::move(*why)) : close();
  }
  const auto& header = parser_->get();
  keep_alive_ = parser_->keep_alive();
  head_only_ = header.method() == http::verb::head;
  if (auto why = header_refusal()) return refuse(std::move(*why));
  if (over_network_)
    if (auto why = network_refusal()) return refuse(std::move(*why));
  const auto length = parser_->content_length();
  announced_ = parser_->chunked() ? options_.limits.body_bytes : length ? static_cast<std::size_t>(*length) : 0;
  inbound_ += announced_;
  if (inbound_ > options_.limits.inbound_bytes) return refuse(problem_reply(503, "too many bodies on their way in"));
  if (header[http::field::expect].empty()) return read_body();
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  net::async_write(stream_, net::buffer(go_on.data(), go_on.size()),
                   [self = shared_from_this()](error_code failed, std::size_t) {
                     if (self->phase_ == phase::closed) return;
                     failed ? self->close() : self->read_body();
                   });
}

std::optional<http_reply> session::header_refusal() const {
  const auto& header = parser_->get();
  const bool new_version = header.version() >= 11;
  if (header.version() != 11 && header.version() != 10)
    return problem_reply(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  // Two readers that differ about where a request ends are how requests are smuggled: anything but the plain form goes.
  const bool encoded = header.find(http::field::transfer_encoding) != header.end();
  if (encoded && (!parser_->chunked() || !new_version || header.count(http::field::transfer_encoding) > 1))
    return problem_reply(501, "only \"chunked\" is understood as a transfer encoding");
  if (encoded && header.find(http::field::content_length) != header.end())
    return problem_reply(400, "a request has a length or chunks, not both");
  if (header.count(http::field::content_length) > 1) return problem_reply(400, "more than one Content-Length");
  const auto hosts = header.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && new_version)) return problem_reply(400, "exactly one Host header is needed");
  const auto expect = header[http::field::expect];
  if (!expect.empty() && !beast::iequals(expect, "100-continue"))
    return problem_reply(417, "only 100-continue can be expected");
  return std::nullopt;
}

/// On TCP a web page in the operator's browser can ask too, and with a name that it lets point here: the Host must be
/// this machine's own, and an Origin, which every browser sends along with what changes something, must be ours.
std::optional<http_reply> session::network_refusal() const {
  const auto& header = parser_->get();
  const auto host = as_view(header[http::field::host]);
  if (options_.token.empty() && !is_loopback_name(host_name(host)))
    return problem_reply(403, "the Host header names another machine");
  if (const auto at = header.find(http::field::origin); at != header.end()) {
    const auto origin = as_view(at->value());
    // Behind a proxy that speaks TLS a page's origin is https.
    const bool ours = origin == "http://" + std::string(host) || (!options_.token.empty() && origin == "https://" + std::string(host));
    if (header.count(http::field::origin) > 1 || !ours) return problem_reply(403, "requests from other sites are refused");
  }
  if (options_.token.empty()) return std::nullopt;
  const bool reads = header.method() == http::verb::get || header.method() == http::verb::head;
  if (reads && !options_.open_path.empty() && as_view(header.target()) == options_.open_path) return std::nullopt;
  const auto given = as_view(header[http::field::authorization]);
  constexpr std::string_view scheme = "bearer ";
  const bool bearer = given.size() > scheme.size() &&
                      beast::iequals({given.data(), scheme.size()}, {scheme.data(), scheme.size()});
  if (same_secret(bearer ? given.substr(scheme.size()) : std::string_view(), options_.token)) return std::nullopt;
  auto reply = problem_reply(401, "the bearer token is missing or wrong");
  reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"longwave\"");
  return reply;
}

void session::read_body() {
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code ec, std::size_t) {
    if (self->phase_ != phase::closed) self->on_body(ec);
  });
}

void session::on_body(error_code ec) {
  if (ec) {
    auto why = refusal(ec);
    return why ? refuse(std::move(*why)) : close();
  }
  release_inbound();
  have_answered();
}

void session::have_answered() {
  enter(phase::answering);
  last_stretch_ = pace_.stretch;
  ++pace_.served;
  if (!std::exchange(pace_.running, true)) begin_stretch(pace_, options_.limits.pace);
  stream_.expires_never();
  const auto number = ++question_;
  auto request = parser_->release();
  http_question question;
  question.method = std::string(as_view(request.method_string()));
  question.target = std::string(as_view(request.target()));
  question.body = std::move(request.body());
  question.over_network = over_network_;
  question.last_event_id = std::string(as_view(request["Last-Event-ID"]));
  answer_timer_.expires_after(options_.limits.answer);
  answer_timer_.async_wait([self = shared_from_this(), number](error_code ec) {
    if (!ec) self->answered(number, problem_reply(503, "the engine did not answer in time"));
  });
  auto reply = [post = post_reply_, weak = weak_from_this(), number](http_reply answer) {
    post([weak, number, answer = std::move(answer)]() mutable {
      if (auto self = weak.lock()) self->answered(number, std::move(answer));
    });
  };
  try {
    route_(std::move(question), std::move(reply));
  } catch (const std::exception& e) {
    spdlog::warn("control request failed: {}", e.what());
    answered(number, problem_reply(500, "the request could not be handled"));
  }
}

/// A second answer, or one after the time was up, finds another number or phase and is dropped.
void session::answered(std::uint64_t number, http_reply reply) {
  if (number != question_ || phase_ != phase::answering) return;
  answer_timer_.cancel();
  send(std::move(reply));
}

/// Answers what was not read to its end: where the next request begins is then unknown, so the connection goes.
void session::refuse(http_reply reply) {
  keep_alive_ = false;
  release_inbound();
  send(std::move(reply));
}

void session::send(http_reply reply) {
  if (reply.stream && !head_only_) return begin_stream(std::move(reply));
  enter(phase::sending);
  keep_alive_ = keep_alive_ && !ending_;
  out_head_ = reply_head(reply, keep_alive_);
  out_body_ = head_only_ ? std::string() : std::move(reply.body);
  stream_.expires_after(options_.limits.send);
  const std::array<net::const_buffer, 2> parts{net::buffer(out_head_), net::buffer(out_body_)};
  net::async_write(stream_, parts, [self = shared_from_this()](error_code ec, std::size_t) {
    if (self->phase_ == phase::closed) return;
    self->out_body_ = {};
    if (ec) return self->close();
    if (self->keep_alive_) return self->next_request();
    self->say_goodbye();
  });
}

void session::say_goodbye() {
  error_code ignored; // the peer may be gone already
  stream_.socket().shutdown(net::socket_base::shutdown_send, ignored);
  enter(phase::lingering);
  stream_.expires_after(linger_time);
  buffer_.clear();
  linger();
}

/// An answer without a length: it ends with the connection.
void session::begin_stream(http_reply reply) {
  if (streams_ >= options_.limits.streams) return send(problem_reply(503, "too many clients follow the events"));
  enter(phase::streaming);
  keep_alive_ = false;
  ++streams_;
  source_ = std::move(reply.stream);
  source_->on_more([post = post_reply_, weak = weak_from_this()] {
    post([weak] {
      if (auto self = weak.lock()) self->pump();
    });
  });
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: " + reply.content_type;
  write_piece(head + "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
}

/// Sends what there is. Without news the timer keeps this connection alive until there are some.
void session::pump() {
  if (phase_ != phase::streaming || writing_) return;
  if (auto piece = source_->take(); !piece.empty()) return write_piece(std::move(piece));
  if (source_->over()) return say_goodbye();
  answer_timer_.expires_after(options_.limits.heartbeat);
  answer_timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && self->phase_ == phase::streaming && !self->writing_) self->write_piece(": still here\n\n");
  });
}

void session::write_piece(std::string piece) {
  writing_ = true;
  answer_timer_.cancel();
  out_body_ = std::move(piece);
  stream_.expires_after(options_.limits.send); // a client that does not read is let go
  net::async_write(stream_, net::buffer(out_body_), [self = shared_from_this()](error_code ec, std::size_t) {
    self->writing_ = false;
    if (self->phase_ == phase::closed) return;
    if (ec) return self->close();
    self->stream_.expires_never();
    self->pump();
  });
}

void session::linger() {
  if (ending_) return close();
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(buffer_bytes), [self = shared_from_this()](error_code ec, std::size_t bytes) {
    if (self->phase_ == phase::closed) return;
    self->lingered_ += bytes;
    if (ec || self->lingered_ > linger_bytes) return self->close();
    self->linger();
  });
}

/// Raises the soft limit on open files where it may, and tells how many of `wanted` connections leave the store enough
/// files of its own: clients must not be able to keep a run from opening them.
std::size_t affordable_connections(std::size_t wanted) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return wanted;
  if (files.rlim_cur < wanted + files_for_others) {
    rlimit raised = files;
    raised.rlim_cur = std::min<rlim_t>(files.rlim_max, wanted + files_for_others);
    if (raised.rlim_cur > files.rlim_cur && ::setrlimit(RLIMIT_NOFILE, &raised) == 0) files = raised;
  }
  const auto spare = files.rlim_cur > files_for_others ? files.rlim_cur - files_for_others : 0;
  return std::clamp<std::size_t>(spare, std::min<std::size_t>(wanted, 16), wanted);
}

bool may_ask(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

} // namespace

// -- listening --------------------------------------------------------------------------------------------------------

result<void> control_server::core::listen() {
  if (!options.listen.empty())
    if (auto done = listen_tcp(); !done) return done;
  return listen_local();
}

result<void> control_server::core::listen_local() {
  path = socket_path_for(options.data_dir);
  const auto what = "cannot make the control socket " + path.string();
  if (path.native().size() > 107)
    return failure{code_t::io_failed, what, "the path is too long for a socket",
                   "set XDG_RUNTIME_DIR to a short folder"};
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode))
      return failure{code_t::output_unwritable, what, "something that is no socket has its name", "move it away"};
    if (::unlink(path.c_str()) != 0) return storage::file_failure(what, path, errno);
  }
  error_code ec;
  local.open(net::local::stream_protocol(), ec);
  if (!ec) local.bind(path.native(), ec);
  // Nobody can connect before `listen`, so there is no moment with wider rights; umask would change the whole process.
  if (!ec && (::chmod(path.c_str(), 0600) != 0 || ::lstat(path.c_str(), &found) != 0))
    return storage::file_failure(what, path, errno);
  if (ec) return socket_failure(what, ec);
  device = found.st_dev;
  inode = found.st_ino;
  if (auto named = name_socket(); !named) return named;
  local.listen(net::socket_base::max_listen_connections, ec);
  if (ec) return socket_failure(what, ec);
  accept_local();
  return ok();
}

/// `control.path` is there exactly when the socket is not at its usual place.
result<void> control_server::core::name_socket() const {
  const auto note = options.data_dir / "control.path";
  if (path != options.data_dir / "control.sock")
    return storage::write_file_atomically(storage::system_file_calls(), note, path.native() + "\n");
  if (::unlink(note.c_str()) != 0 && errno != ENOENT) return storage::file_failure("cannot remove", note, errno);
  return ok();
}

result<void> control_server::core::listen_tcp() {
  auto parsed = parse_listen(options.listen);
  if (!parsed) return parsed.error();
  if (options.token.empty())
    if (auto near = check_loopback(options.listen, parsed.value()); !near) return near;
  if (!options.held) {
    auto held = held_address::take(options.listen);
    if (!held) return held.error();
    options.held = std::move(held.value());
  }
  error_code ec;
  remote.assign(parsed.value().endpoint.protocol(), std::exchange(options.held->socket_, -1), ec);
  if (!ec) port = remote.local_endpoint(ec).port();
  if (ec) return socket_failure("cannot listen on " + options.listen, ec);
  accept_tcp();
  return ok();
}

result<std::shared_ptr<held_address>> held_address::take(const std::string& listen) {
  if (listen.empty()) return std::shared_ptr<held_address>();
  auto parsed = parse_listen(listen);
  if (!parsed) return parsed.error();
  const auto& endpoint = parsed.value().endpoint;
  net::io_context io;
  tcp::acceptor acceptor(io);
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(net::socket_base::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(net::socket_base::max_listen_connections, ec); // bound alone, another one could still listen
  int socket = -1;
  if (!ec) socket = acceptor.release(ec);
  if (ec) return socket_failure("cannot listen on " + listen, ec);
  return std::shared_ptr<held_address>(new held_address(socket));
}

held_address::~held_address() {
  if (socket_ >= 0) ::close(socket_);
}

void control_server::core::accept_local() {
  local.async_accept(io, [this](error_code ec, net::local::stream_protocol::socket socket) {
    if (ending || ec == net::error::operation_aborted) return;
    if (!ec) {
      if (may_ask(socket.native_handle())) accepted(std::move(socket), false);
      return accept_local();
    }
    if (ec == net::error::no_descriptors) make_room();
    accept_again.expires_after(accept_pause);
    accept_again.async_wait([this](error_code stopped) {
      if (!stopped) accept_local();
    });
  });
}

void control_server::core::accept_tcp() {
  remote.async_accept(io, [this](error_code ec, tcp::socket socket) {
    if (ending || ec == net::error::operation_aborted) return;
    if (!ec) {
      accepted(std::move(socket), true);
      return accept_tcp();
    }
    if (ec == net::error::no_descriptors) make_room();
    remote_again.expires_after(accept_pause);
    remote_again.async_wait([this](error_code stopped) {
      if (!stopped) accept_tcp();
    });
  });
}

void control_server::core::accepted(net::generic::stream_protocol::socket socket, bool over_network) {
  if (sessions.size() >= options.limits.connections && !make_room()) return; // all are being answered: this one goes
  std::make_shared<session>(*this, std::move(socket), over_network)->next_request();
}

/// Closes the longest idle connection without a request; where there is none, the one that is reading or saying goodbye
/// for the longest time. False when every connection is owed an answer.
bool control_server::core::make_room() {
  session* oldest = nullptr;
  auto rank = [](const session& s) { return s.now_in() == session::phase::waiting ? 0 : 1; };
  for (auto* s : sessions) {
    const auto p = s->now_in();
    if (p == session::phase::answering || p == session::phase::sending || p == session::phase::streaming) continue;
    if (!oldest || std::pair(rank(*s), s->since()) < std::pair(rank(*oldest), oldest->since())) oldest = s;
  }
  if (!oldest) return false;
  oldest->close();
  return true;
}

// -- life -------------------------------------------------------------------------------------------------------------

void control_server::core::run() {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& e) {
      spdlog::warn("control server goes on after: {}", e.what());
    }
  }
}

void control_server::core::begin_end() {
  ending = true;
  error_code ignored; // nothing can be done about a listener that does not close
  local.close(ignored);
  remote.close(ignored);
  accept_again.cancel();
  remote_again.cancel();
  const auto held = std::exchange(pace.held, {});
  const auto open_now = sessions;
  for (auto* s : open_now) {
    const auto p = s->now_in();
    if (p != session::phase::answering && p != session::phase::sending) s->close();
  }
  if (sessions.empty()) return io.stop();
  farewell.expires_after(options.limits.farewell);
  farewell.async_wait([this](error_code) { io.stop(); });
}

void control_server::core::remove_files() const {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || found.st_dev != device || found.st_ino != inode) return;
  ::unlink(path.c_str());
  if (path != options.data_dir / "control.sock") ::unlink((options.data_dir / "control.path").c_str());
}

control_server::control_server(std::shared_ptr<core> parts) : core_(std::move(parts)) {}

result<std::unique_ptr<control_server>> control_server::start(server_options options, route_function route) {
  options.limits.connections = affordable_connections(options.limits.connections);
  auto parts = std::make_shared<core>(std::move(options), std::move(route));
  if (auto listening = parts->listen(); !listening) {
    if (parts->inode != 0) parts->remove_files();
    return listening.error();
  }
  parts->thread = std::thread([raw = parts.get()] { raw->run(); });
  return std::unique_ptr<control_server>(new control_server(std::move(parts)));
}

control_server::~control_server() {
  net::post(core_->io, [raw = core_.get()] { raw->begin_end(); });
  core_->thread.join();
  // Here and not with the last owner: a thread of the route's own may be that owner, in the middle of an answer, and would
  // have to wait for itself.
  core_->route = nullptr;
  core_->remove_files();
}

const fs::path& control_server::socket() const noexcept { return core_->path; }
std::uint16_t control_server::tcp_port() const noexcept { return core_->port; }
std::size_t control_server::connections() const noexcept { return core_->open.load(); }

result<std::string> check_listen(const std::string& listen, const std::string& token_file) {
  if (listen.empty() && token_file.empty()) return std::string();
  if (listen.empty())
    return failure{code_t::bad_usage, "--token-file " + token_file, "there is no --listen", "give --listen HOST:PORT too"};
  const auto parsed = parse_listen(listen);
  if (!parsed) return parsed.error();
  if (token_file.empty()) {
    if (auto near = check_loopback(listen, parsed.value()); !near) return near.error();
    return std::string();
  }
  auto token = read_key_file(token_file);
  if (token) return token;
  return failure{code_t::bad_config, "cannot use the token file " + token_file, token.error().why,
                 "make it one line that only you can read (chmod 600)"};
}

} // namespace longwave::cli
