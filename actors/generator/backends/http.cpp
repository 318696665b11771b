// The HTTP client over Boost.Beast: one io_context and thread a client, one connection a call.
//
// A seam: real time, sockets and randomness of TLS stay in this file.
#include <utility> // Asio 1.74 uses std::exchange without it

#include "actors/generator/backends/http.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <ctime>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>

namespace longwave {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using tcp = asio::ip::tcp;

namespace {

using error = boost::system::error_code; // not longwave::error_code
using clock = std::chrono::steady_clock;
using endpoints = std::vector<tcp::endpoint>;

constexpr std::size_t error_body_limit = 64u << 10;
constexpr std::size_t read_size = 16u << 10;
/// How long a connection may take to end after the answer's own end mark.
constexpr std::int64_t peaceful_end_ms = 200;
/// A stuck resolver cannot be interrupted; more look-ups than this at once do not help.
constexpr int most_lookups = 4;
constexpr int most_interim_responses = 8;
/// How often a call looks whether the machine was suspended, and what counts as that: the two clocks drift by far less.
constexpr std::int64_t suspend_look_ms = 1'000;
constexpr std::int64_t least_suspend_ms = 2'000;
/// More than a head and a read can hold: only a chunk header without end gets there.
constexpr std::size_t largest_unparsed = 64u << 10;
/// 30 days; keeps sums of time points far from overflow.
constexpr std::int64_t longest_timer_ms = 30LL * 86'400'000;

/// A body that keeps only what was not handed on yet.
struct piece_body {
  using value_type = std::string;
  class reader {
  public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error& ec) { ec = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error& ec) {
      ec = {};
      std::size_t taken = 0;
      for (const auto piece : beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(piece.data()), piece.size());
        taken += piece.size();
      }
      return taken;
    }
    void finish(error& ec) { ec = {}; }

  private:
    value_type& body_;
  };
};

/// CLOCK_BOOTTIME goes on while the machine is suspended, CLOCK_MONOTONIC and with it every timer here does not.
std::int64_t suspended_by_clocks() {
  timespec boot{}, running{};
  if (::clock_gettime(CLOCK_BOOTTIME, &boot) != 0 || ::clock_gettime(CLOCK_MONOTONIC, &running) != 0) return 0;
  return (static_cast<std::int64_t>(boot.tv_sec) - running.tv_sec) * 1'000 + (boot.tv_nsec - running.tv_nsec) / 1'000'000;
}

std::string text_of(const http::fields& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : std::string(found->value().data(), found->value().size());
}

/// An alert of TLS, the answer to a request without it.
bool is_tls_record(const asio::const_buffer& bytes) {
  const auto* data = static_cast<const unsigned char*>(bytes.data());
  return bytes.size() >= 2 && data[0] == 0x15 && data[1] == 0x03;
}

http_end end_of_connect(const error& ec) {
  const bool refused = ec == asio::error::connection_refused || ec == asio::error::host_unreachable ||
                       ec == asio::error::network_unreachable || ec == asio::error::network_down;
  return refused ? http_end::refused : http_end::unreachable;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

failure url_failure(const std::string& why) {
  return failure{error_code::bad_config, "cannot use the backend URL", why, "write it as http://host:port"};
}

/// Splits "host:port" or "[v6]:port". The port keeps its text.
result<std::pair<std::string, std::string>> split_authority(std::string_view text) {
  std::string_view host;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return url_failure("the bracket of the IPv6 address is not closed");
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    error ec;
    asio::ip::make_address_v6(std::string(host), ec);
    if (ec) return url_failure("\"" + std::string(host) + "\" is no IPv6 address");
    if (!port.empty() && port.front() != ':') return url_failure("only a port may follow the address");
  } else {
    const auto colon = text.find(':');
    host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (port.find(':', 1) != std::string_view::npos) return url_failure("an IPv6 address must stand in brackets");
    if (host.empty()) return url_failure("the host is missing");
    if (!std::all_of(host.begin(), host.end(), is_host_character)) {
      return url_failure("the host has illegal characters");
    }
  }
  if (port == ":") return url_failure("the port is missing after the colon");
  if (!port.empty()) port.remove_prefix(1);
  return std::make_pair(std::string(host), std::string(port));
}

} // namespace

std::string http_url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

std::string http_url::str() const { return (tls ? "https://" : "http://") + authority() + path; }

result<http_url> parse_http_url(std::string_view text) {
  http_url url;
  const auto scheme_is = [&text](std::string_view scheme) {
    return text.size() >= scheme.size() && beast::iequals(beast::string_view(text.data(), scheme.size()),
                                                          beast::string_view(scheme.data(), scheme.size()));
  };
  if (scheme_is("http://")) {
    text.remove_prefix(7);
  } else if (scheme_is("https://")) {
    text.remove_prefix(8);
    url.tls = true;
  } else {
    return url_failure("it does not begin with http:// or https://");
  }
  for (unsigned char c : text) {
    if (c <= 0x20 || c >= 0x7f) return url_failure("it holds blanks or characters beyond ASCII");
  }
  if (text.find_first_of("?#") != std::string_view::npos) return url_failure("a base address has no query or fragment");
  const auto slash = std::min(text.find('/'), text.size());
  const auto authority = text.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) {
    return url_failure("it holds a user name; keys belong into the key setting");
  }
  auto parts = split_authority(authority);
  if (!parts) return parts.error();
  url.host = parts.value().first;
  const std::string& port = parts.value().second;
  url.port = url.tls ? 443 : 80;
  if (!port.empty()) {
    const auto read = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (read.ec != std::errc() || read.ptr != port.data() + port.size() || url.port == 0) {
      return url_failure("\"" + port + "\" is no port from 1 to 65535");
    }
  }
  url.path = text.substr(slash);
  while (!url.path.empty() && url.path.back() == '/') url.path.pop_back();
  return url;
}

/// What lives as long as any call or look-up of a client.
class http_client::core {
public:
  explicit core(std::function<std::int64_t()> suspended) : suspended_ms(std::move(suspended)), guard(asio::make_work_guard(io)) {}

  const std::function<std::int64_t()> suspended_ms;

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard;
  std::thread thread;
  std::thread::id thread_id;
  std::mutex join_mutex;
  /// Orders `start` and `shutdown`, so that no call is posted to a thread that has ended.
  std::mutex start_mutex;
  std::atomic<bool> stopping{false};
  std::atomic<int> lookups{0};
  /// The calls under way; only touched on the client's thread.
  std::unordered_set<std::shared_ptr<session>> calls;

  /// Made for the first TLS call: reading the system's certificates takes a while. Client's thread only.
  ssl::context* tls(std::string& why) {
    if (tls_) return &*tls_;
    try {
      tls_.emplace(ssl::context::tls_client);
      tls_->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                        ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
      tls_->set_verify_mode(ssl::verify_peer);
      tls_->set_default_verify_paths();
      return &*tls_;
    } catch (const boost::system::system_error& e) {
      tls_.reset();
      why = e.what();
      return nullptr;
    }
  }

private:
  std::optional<ssl::context> tls_;
};

/// One call. Everything but `cancel` happens on the client's thread.
class http_client::session : public http_call, public std::enable_shared_from_this<session> {
public:
  session(std::shared_ptr<core> owner, http_url url, http_request request, const http_limits& limits,
          body_function on_body, http_end_function on_end)
    : core_(std::move(owner)), url_(std::move(url)), limits_(limits), on_body_(std::move(on_body)),
      on_end_(std::move(on_end)), started_(clock::now()), suspended_before_(core_->suspended_ms()), socket_(core_->io),
      phase_timer_(core_->io), progress_timer_(core_->io), suspend_timer_(core_->io), deadline_timer_(core_->io) {
    prepare(std::move(request));
    renew_parser();
  }

  void cancel() override;
  void begin();
  void end(http_end how, std::string detail);

private:
  void prepare(http_request request);
  void renew_parser();
  void arm(asio::steady_timer& timer, std::uint64_t& number, std::int64_t ms, http_end how, const char* detail);
  void arm_phase(std::int64_t ms, http_end how, const char* detail);
  void arm_progress();
  void watch_for_suspend();
  std::int64_t age_ms() const;
  void look_up();
  void connect(endpoints places);
  void handshake();
  void exchange();
  void read();
  void took_bytes(const error& ec, std::size_t count);
  void parse();
  void deliver();
  void hand_on(std::string_view piece);
  void response_done();
  void connection_ended(const error& ec);
  void end_of_lost_connection(std::string detail);
  void fail(http_end how, std::string detail);
  http_head head() const;

  /// Calls `use` with the stream of this call, TLS or plain.
  template <class Use>
  void with_stream(Use use) {
    if (tls_) {
      use(*tls_);
    } else {
      use(socket_);
    }
  }

  std::shared_ptr<core> core_; // first member: the io_context must outlive sockets and timers
  http_url url_;
  http_limits limits_;
  body_function on_body_;
  http_end_function on_end_;
  clock::time_point started_;
  std::int64_t suspended_before_;
  tcp::socket socket_;
  std::optional<ssl::stream<tcp::socket&>> tls_;
  asio::steady_timer phase_timer_;
  asio::steady_timer progress_timer_;
  asio::steady_timer suspend_timer_;
  asio::steady_timer deadline_timer_;
  std::uint64_t phase_ = 0;
  std::uint64_t progress_ = 0;
  std::uint64_t deadline_ = 0;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  std::optional<http::response_parser<piece_body>> parser_;
  int interim_responses_ = 0;
  std::string error_body_;
  bool body_started_ = false;
  std::size_t body_bytes_ = 0;
  bool lingering_ = false;
  bool ended_ = false;
};

void http_client::session::prepare(http_request request) {
  request_.version(11);
  request_.method_string(request.method);
  request_.target(request.target);
  request_.set(http::field::host, url_.authority());
  request_.set(http::field::user_agent, "longwave");
  request_.set(http::field::connection, "close");
  request_.set(http::field::accept_encoding, "identity");
  for (const auto& [name, value] : request.headers) request_.set(name, value);
  request_.body() = std::move(request.body);
  request_.prepare_payload();
}

void http_client::session::renew_parser() {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(limits_.header_limit));
  // Counted in deliver(): a server that announces a wrong length and ends by its own mark has still answered.
  // Not `none`: Beast of Boost 1.74 takes every Content-Length for larger than no limit, and says so after a head that comes alone.
  parser_->body_limit(std::numeric_limits<std::uint64_t>::max());
}

void http_client::session::cancel() {
  // Weak: a handler left in a context that has ended would keep the session, and with it the context, for ever.
  asio::post(core_->io, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->end(http_end::cancelled, "cancelled");
  });
}

void http_client::session::begin() {
  core_->calls.insert(shared_from_this());
  if (core_->stopping) return end(http_end::cancelled, "cancelled: the client is shutting down");
  arm(deadline_timer_, deadline_, limits_.call_timeout_ms, http_end::deadline, "no complete answer within the call timeout");
  arm_phase(limits_.connect_timeout_ms, http_end::connect_timeout, "no connection within the connect timeout");
  watch_for_suspend();
  look_up();
}

void http_client::session::arm(asio::steady_timer& timer, std::uint64_t& number, std::int64_t ms, http_end how,
                               const char* detail) {
  // A wait that has already expired cannot be taken back; its number tells that it is out of date.
  const std::uint64_t mine = ++number;
  timer.expires_after(std::chrono::milliseconds(std::clamp<std::int64_t>(ms, 0, longest_timer_ms)));
  timer.async_wait([self = shared_from_this(), &number, mine, how, detail](const error& ec) {
    if (ec || self->ended_ || mine != number) return;
    self->fail(how, detail);
  });
}

void http_client::session::arm_phase(std::int64_t ms, http_end how, const char* detail) {
  arm(phase_timer_, phase_, ms, how, detail);
}

void http_client::session::arm_progress() {
  const auto ms = limits_.progress_timeout_ms > 0 ? limits_.progress_timeout_ms : limits_.first_byte_timeout_ms;
  arm(progress_timer_, progress_, ms, http_end::no_progress, "the connection is alive, but no token came (stalled)");
}

/// Timers stand still while the machine is suspended, so that a dead connection would be waited for at full length.
void http_client::session::watch_for_suspend() {
  suspend_timer_.expires_after(std::chrono::milliseconds(suspend_look_ms));
  suspend_timer_.async_wait([self = shared_from_this()](const error& ec) {
    if (ec || self->ended_) return;
    if (self->core_->suspended_ms() - self->suspended_before_ >= least_suspend_ms)
      return self->fail(http_end::slept, "the machine was suspended during the call");
    self->watch_for_suspend();
  });
}

std::int64_t http_client::session::age_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - started_).count();
}

void http_client::session::look_up() {
  error ec;
  const auto address = asio::ip::make_address(url_.host, ec);
  if (!ec) return connect({tcp::endpoint(address, url_.port)});
  if (core_->lookups >= most_lookups) return fail(http_end::unreachable, "too many name look-ups are under way");
  ++core_->lookups;
  // A thread of its own that nobody waits for: the system's resolver cannot be interrupted and may take half a minute,
  // while the connect timeout, a cancel and the client's end must hold.
  try {
    std::thread([owner = core_, weak = weak_from_this(), host = url_.host, port = url_.port] {
      asio::io_context context;
      error failed;
      endpoints places;
      for (const auto& entry : tcp::resolver(context).resolve(host, std::to_string(port), failed)) {
        places.push_back(entry.endpoint());
      }
      --owner->lookups;
      asio::post(owner->io, [weak, failed, places = std::move(places)] {
        const auto self = weak.lock();
        if (!self || self->ended_) return;
        if (failed) return self->fail(http_end::unreachable, "cannot look up the host name: " + failed.message());
        self->connect(places);
      });
    }).detach();
  } catch (const std::system_error& e) {
    --core_->lookups;
    fail(http_end::unreachable, std::string("cannot start a name look-up: ") + e.what());
  }
}

void http_client::session::connect(endpoints places) {
  const auto list = std::make_shared<const endpoints>(std::move(places));
  asio::async_connect(socket_, *list, [self = shared_from_this(), list](const error& ec, const tcp::endpoint&) {
    if (self->ended_) return;
    if (ec) return self->fail(end_of_connect(ec), "cannot connect: " + ec.message());
    error ignored; // only a matter of speed
    self->socket_.set_option(tcp::no_delay(true), ignored);
    if (self->url_.tls) {
      self->handshake();
    } else {
      self->exchange();
    }
  });
}

void http_client::session::handshake() {
  std::string why;
  ssl::context* const context = core_->tls(why);
  if (!context) return fail(http_end::tls, "cannot prepare TLS: " + why);
  tls_.emplace(socket_, *context);
  error ec;
  const bool is_address = (asio::ip::make_address(url_.host, ec), !ec);
  if (!is_address && SSL_set_tlsext_host_name(tls_->native_handle(), url_.host.c_str()) != 1) {
    return fail(http_end::tls, "cannot prepare TLS: the host name is not usable");
  }
  tls_->set_verify_callback(ssl::host_name_verification(url_.host), ec);
  if (ec) return fail(http_end::tls, "cannot prepare TLS: " + ec.message());
  // What is left of the same clock; a server without TLS often just waits for more.
  arm_phase(limits_.connect_timeout_ms - age_ms(), http_end::connect_timeout,
            "no TLS handshake within the connect timeout; if the server speaks plain HTTP, write http://");
  tls_->async_handshake(ssl::stream_base::client, [self = shared_from_this()](const error& failed) {
    if (self->ended_) return;
    if (!failed) return self->exchange();
    const long verdict = SSL_get_verify_result(self->tls_->native_handle());
    if (verdict != X509_V_OK) {
      return self->fail(http_end::untrusted,
                        std::string("the server's certificate is refused: ") + X509_verify_cert_error_string(verdict));
    }
    // A certificate for another host passes the chain's check and fails only ours.
    const bool ours = failed.category() == asio::error::get_ssl_category() &&
                      ERR_GET_REASON(static_cast<unsigned long>(failed.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    if (ours) return self->fail(http_end::untrusted, "the server's certificate is for another host");
    const bool plain = failed.category() == asio::error::get_ssl_category() &&
                       (ERR_GET_REASON(static_cast<unsigned long>(failed.value())) == SSL_R_WRONG_VERSION_NUMBER ||
                        ERR_GET_REASON(static_cast<unsigned long>(failed.value())) == SSL_R_HTTP_REQUEST);
    if (plain) return self->fail(http_end::wrong_scheme, "the server speaks no TLS; if that is meant, write http://");
    self->fail(http_end::tls, "TLS handshake failed: " + failed.message());
  });
}

void http_client::session::exchange() {
  arm_phase(limits_.first_byte_timeout_ms, http_end::first_byte_timeout,
            "no byte of an answer within the first-byte timeout");
  with_stream([this](auto& stream) {
    http::async_write(stream, request_, [self = shared_from_this()](const error&, std::size_t) {
      // A server may answer and close before it has read everything: the reading side knows how the call ends.
    });
  });
  read();
}

void http_client::session::read() {
  with_stream([this](auto& stream) {
    stream.async_read_some(buffer_.prepare(read_size),
                           [self = shared_from_this()](const error& ec, std::size_t count) {
                             if (!self->ended_) self->took_bytes(ec, count);
                           });
  });
}

void http_client::session::took_bytes(const error& ec, std::size_t count) {
  buffer_.commit(count);
  if (count > 0) {
    if (body_started_ && !lingering_) {
      arm_phase(limits_.idle_timeout_ms, http_end::idle_timeout, "the answer stopped coming (idle timeout)");
    }
    parse();
  }
  if (ended_) return;
  if (ec) return connection_ended(ec);
  if (buffer_.size() > largest_unparsed) return fail(http_end::bad_reply, "the response has an endless chunk header");
  read();
}

void http_client::session::parse() {
  if (!tls_ && !parser_->got_some() && is_tls_record(buffer_.data()))
    return fail(http_end::wrong_scheme, "the server speaks TLS: write https://");
  while (!ended_ && buffer_.size() > 0) {
    error ec;
    const std::size_t used = parser_->put(buffer_.data(), ec);
    buffer_.consume(used);
    deliver();
    if (ended_) return;
    if (ec == http::error::need_more) return;
    if (ec) {
      const bool in_body = body_started_;
      return fail(in_body ? http_end::cut : http_end::bad_reply, "the response is no valid HTTP: " + ec.message());
    }
    if (parser_->is_done()) return response_done();
  }
}

void http_client::session::deliver() {
  if (!parser_->is_header_done()) return;
  std::string piece = std::move(parser_->get().body());
  parser_->get().body().clear();
  if (piece.empty() || lingering_) return;
  body_bytes_ += piece.size();
  if (body_bytes_ > limits_.body_limit) return fail(http_end::too_large, "the answer is larger than the limit");
  if (!body_started_) {
    if (const auto encoding = text_of(parser_->get(), "content-encoding"); !encoding.empty() && !beast::iequals(encoding, "identity"))
      return fail(http_end::bad_reply, "the response is compressed (" + encoding + "), which was not asked for");
    body_started_ = true;
    arm_progress();
    arm_phase(limits_.idle_timeout_ms, http_end::idle_timeout, "the answer stopped coming (idle timeout)");
  }
  if (parser_->get().result_int() == 200) return hand_on(piece);
  error_body_.append(piece, 0, error_body_limit - std::min(error_body_limit, error_body_.size()));
  if (error_body_.size() >= error_body_limit) end(http_end::complete, {});
}

void http_client::session::hand_on(std::string_view piece) {
  const body_wish wish = on_body_(piece, age_ms());
  if (ended_ || wish == body_wish::wait) return;
  if (wish == body_wish::more) return arm_progress();
  if (wish == body_wish::stop) return end(http_end::complete, {});
  lingering_ = true;
  progress_timer_.cancel();
  arm_phase(peaceful_end_ms, http_end::complete, "");
}

void http_client::session::response_done() {
  const unsigned status = parser_->get().result_int();
  if (status < 100 || status > 199 || status == 101) return end(http_end::complete, {});
  if (++interim_responses_ > most_interim_responses) return fail(http_end::bad_reply, "too many interim responses");
  renew_parser();
  parse();
}

void http_client::session::connection_ended(const error& ec) {
  const bool peaceful = ec == asio::error::eof || ec == ssl::error::stream_truncated;
  if (!peaceful) return end_of_lost_connection("the connection was lost: " + ec.message());
  error at_end;
  if (parser_->got_some()) parser_->put_eof(at_end);
  if (parser_->is_done() && !at_end) return response_done();
  end_of_lost_connection("the server closed the connection");
}

void http_client::session::end_of_lost_connection(std::string detail) {
  if (body_started_) return fail(http_end::cut, detail + " in the middle of the answer");
  fail(http_end::reset, detail + " before an answer came");
}

void http_client::session::fail(http_end how, std::string detail) {
  // After the answer's own end mark, or when the status has said no, nothing else matters.
  const bool answered = lingering_ || (parser_->is_header_done() && parser_->get().result_int() >= 201);
  if (answered) return end(http_end::complete, {});
  end(how, std::move(detail));
}

http_head http_client::session::head() const {
  http_head head;
  if (!parser_->is_header_done()) return head;
  const auto& response = parser_->get();
  head.status = static_cast<int>(response.result_int());
  head.retry_after = text_of(response, "retry-after");
  head.retry_after_ms = text_of(response, "retry-after-ms");
  head.date = text_of(response, "date");
  head.location = text_of(response, "location");
  return head;
}

void http_client::session::end(http_end how, std::string detail) {
  if (ended_) return;
  ended_ = true;
  const auto self = shared_from_this();
  for (auto* timer : {&phase_timer_, &progress_timer_, &suspend_timer_, &deadline_timer_}) timer->cancel();
  error ignored; // the connection is given up either way
  socket_.close(ignored);
  core_->calls.erase(self);
  http_result result;
  result.end = how;
  result.head = head();
  result.error_body = std::move(error_body_);
  result.detail = std::move(detail);
  result.took_ms = std::chrono::round<std::chrono::milliseconds>(clock::now() - started_).count(); // sums of short calls stay true
  result.ended_at_unix_s = std::chrono::duration_cast<std::chrono::seconds>(
                             std::chrono::system_clock::now().time_since_epoch()).count();
  const auto on_end = std::move(on_end_);
  on_end_ = nullptr;
  // `on_body_` may be running right now; it is let go with the handlers of this call.
  asio::post(core_->io, [self] { self->on_body_ = nullptr; });
  on_end(std::move(result));
}

http_client::http_client() : http_client(suspended_by_clocks) {}

http_client::http_client(std::function<std::int64_t()> suspended_ms) : core_(std::make_shared<core>(std::move(suspended_ms))) {
  core_->thread = std::thread([owner = core_] { owner->io.run(); });
  core_->thread_id = core_->thread.get_id();
}

http_client::~http_client() { shutdown(); }

std::shared_ptr<http_call> http_client::start(const http_url& url, http_request request, const http_limits& limits,
                                              body_function on_body, http_end_function on_end) {
  {
    const std::lock_guard lock(core_->start_mutex);
    if (!core_->stopping) {
      const auto call =
        std::make_shared<session>(core_, url, std::move(request), limits, std::move(on_body), std::move(on_end));
      asio::post(core_->io, [call] { call->begin(); });
      return call;
    }
  }
  http_result result;
  result.end = http_end::cancelled;
  result.detail = "cancelled: the client is shutting down";
  on_end(std::move(result));
  return nullptr;
}

void http_client::shutdown() {
  const auto owner = core_;
  {
    const std::lock_guard lock(owner->start_mutex);
    if (!owner->stopping) {
      owner->stopping = true;
      asio::post(owner->io, [raw = owner.get()] {
        const auto calls = raw->calls; // `end` takes calls out of the set
        for (const auto& call : calls) call->end(http_end::cancelled, "cancelled: the client is shutting down");
        raw->guard.reset();
      });
    }
  }
  if (std::this_thread::get_id() == owner->thread_id) {
    const std::unique_lock lock(owner->join_mutex, std::try_to_lock);
    // Someone else who holds the lock waits for this thread and will join it.
    if (lock.owns_lock() && owner->thread.joinable()) owner->thread.detach();
    return;
  }
  const std::lock_guard lock(owner->join_mutex);
  if (owner->thread.joinable()) owner->thread.join();
}

} // namespace longwave
