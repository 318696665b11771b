// A model server that misbehaves on demand: OpenAI-compatible, Ollama and Anthropic routes, plain or over TLS, for trials.
//
// It writes bytes by hand instead of using an HTTP library, because most of what it serves no library would send.
// Loopback only; prints its port on the first line of standard output; runs until it is killed.
#include "tests/support/certificate.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using json = nlohmann::json;

constexpr const char* usage_text = R"(usage: fault_http_server [options]
  --port N          port to listen on; 0 = any free one (default)
  --host ADDRESS    127.0.0.1 (default) or ::1
  --default KIND    behaviour of requests that no rule names (default ok)
  --on N=KIND       behaviour of request N, or of "A-B"; may be repeated; the first that fits wins
  --script FILE     rules as JSON lines: {"request":3,"behaviour":"hang","ms":100,"retry_after":"2","text":"..."};
                    request is a number, "A-B" or "*"; with "model":"NAME" only for requests of that model;
                    they come after those of --on
  --ms N            default of "ms" (drip: per byte; slow: before the answer; others: see the list), default 20
  --token-delay N   milliseconds between the pieces of every streamed answer, default 0
  --retry-after V   default Retry-After header of http429 and http503
  --require-key K   answer 401 unless the request carries "Authorization: Bearer K" or "x-api-key: K"
  --model NAME      answer 404 for every other model
  --load-ms N       hold one model at a time: milliseconds that another one takes to load, before its answer
  --no-stream-options  answer 400 to requests with stream_options
  --refuse FIELD    answer 400 naming FIELD to requests that have it; may be repeated
  --tls FILE        speak TLS with a certificate for 127.0.0.1, ::1 and localhost, made now and written to FILE
  --tls-expired     with a certificate that ended yesterday
  --log FILE        write one JSON line for each request
  --log-ends        and one for each end of an exchange ({"event":"end",...})
Requests are the POSTs, counted from 1. KIND may carry its milliseconds: "drip:5".
Kinds: ok hang hanghead drip slow close closehead reset resetbody http<status> quota429 context400 window500 redirect
  html200
  empty garbage badhttp bighead badjson deep resethead duplicate nan hugenumber badutf8 surrogate charset nulltext
  numbertext listtext notext markup noend nofinish errorline flaterror error200 nousage badusage hugeusage shortlength
  longlength negativelength hugelength endless bigbody bigline blank nul nocontent length filter think thinktags openthink turns
  load loop text stall
  pings whole die
)";

/// What one request shall get.
struct behaviour {
  std::string kind = "ok";
  int ms = 20;
  std::string retry_after;
  std::string text;
};

struct rule {
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;
  behaviour what;
  /// Only requests for this model; empty: all.
  std::string model = {};
};

struct settings {
  int port = 0;
  std::string host = "127.0.0.1";
  behaviour fallback;
  std::vector<rule> rules;
  int token_delay = 0;
  std::string key;
  std::string model;
  int load_ms = 0;
  std::vector<std::string> refused_fields;
  std::string tls;
  bool tls_expired = false;
  std::string script;
  std::string log;
  bool log_ends = false;
};

settings config;
std::atomic<std::uint64_t> requests{0};
std::mutex log_mutex;
std::ofstream log_file;

[[noreturn]] void leave(const std::string& why) {
  std::cerr << "fault_http_server: " << why << "\n";
  std::exit(64);
}

void pause_for(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

void write_log(const json& line) {
  if (!log_file.is_open()) return;
  const std::lock_guard lock(log_mutex);
  log_file << line.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
}

std::uint64_t number_of(std::string_view text, const std::string& where) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    leave(where + ": not a number: \"" + std::string(text) + "\"");
  }
  return value;
}

void read_range(std::string_view text, rule& into, const std::string& where) {
  if (text == "*") return;
  const auto dash = text.find('-');
  into.first = number_of(text.substr(0, dash), where);
  into.last = dash == std::string_view::npos ? into.first : number_of(text.substr(dash + 1), where);
}

behaviour behaviour_of(std::string_view text) {
  behaviour what = config.fallback;
  const auto colon = text.find(':');
  what.kind = std::string(text.substr(0, colon));
  if (colon != std::string_view::npos) what.ms = static_cast<int>(number_of(text.substr(colon + 1), "behaviour"));
  return what;
}

void read_script() {
  std::ifstream file(config.script);
  if (!file) leave("cannot read " + config.script);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = config.script + " line " + std::to_string(number);
    const json object = json::parse(line, nullptr, false);
    if (!object.is_object()) leave(where + ": no JSON object");
    rule one;
    one.what = behaviour_of(object.value("behaviour", "ok"));
    one.what.ms = object.value("ms", one.what.ms);
    one.what.retry_after = object.value("retry_after", one.what.retry_after);
    one.what.text = object.value("text", "");
    one.model = object.value("model", "");
    const json request = object.value("request", json("*"));
    read_range(request.is_string() ? request.get<std::string>() : request.dump(), one, where);
    config.rules.push_back(one);
  }
}

void read_arguments(int argc, char** argv) {
  std::vector<std::string> on;
  std::string kind = "ok";
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string { return ++i < argc ? argv[i] : (leave(flag + " needs a value"), ""); };
    if (flag == "--port") config.port = static_cast<int>(number_of(value(), flag));
    else if (flag == "--host") config.host = value();
    else if (flag == "--default") kind = value();
    else if (flag == "--on") on.push_back(value());
    else if (flag == "--script") config.script = value();
    else if (flag == "--ms") config.fallback.ms = static_cast<int>(number_of(value(), flag));
    else if (flag == "--token-delay") config.token_delay = static_cast<int>(number_of(value(), flag));
    else if (flag == "--retry-after") config.fallback.retry_after = value();
    else if (flag == "--require-key") config.key = value();
    else if (flag == "--model") config.model = value();
    else if (flag == "--load-ms") config.load_ms = static_cast<int>(number_of(value(), flag));
    else if (flag == "--no-stream-options") config.refused_fields.push_back("stream_options");
    else if (flag == "--refuse") config.refused_fields.push_back(value());
    else if (flag == "--tls") config.tls = value();
    else if (flag == "--tls-expired") config.tls_expired = true;
    else if (flag == "--log") config.log = value();
    else if (flag == "--log-ends") config.log_ends = true;
    else if (flag == "--help") { std::cout << usage_text; std::exit(0); }
    else leave("unknown option " + flag + "\n" + usage_text);
  }
  for (const auto& text : on) {
    const auto equal = text.find('=');
    if (equal == std::string::npos) leave("--on wants N=KIND");
    rule one;
    read_range(std::string_view(text).substr(0, equal), one, "--on");
    one.what = behaviour_of(std::string_view(text).substr(equal + 1));
    config.rules.push_back(one);
  }
  if (!config.script.empty()) read_script();
  config.fallback = behaviour_of(kind);
}

behaviour behaviour_of_request(std::uint64_t number, const std::string& model) {
  for (const auto& one : config.rules) {
    if (one.first <= number && number <= one.last && (one.model.empty() || one.model == model)) return one.what;
  }
  return config.fallback;
}

// --- deterministic text -------------------------------------------------------------------------------------------

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t h = 14695981039346656037ull;
  for (unsigned char c : text) h = (h ^ c) * 1099511628211ull;
  return h;
}

/// splitmix64: the next number of a stream.
std::uint64_t next_of(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

template <std::size_t n>
std::string pick(std::uint64_t& state, const std::array<const char*, n>& words) {
  return words[next_of(state) % n];
}

/// Sixty to ninety words of harmless radio talk; the same request gives the same text.
std::string text_of_request(std::string_view request) {
  static constexpr std::array<const char*, 12> who = {
    "a trader from the river", "the woman who mends fences", "an old miner", "two scouts", "the baker's boy",
    "a family with one mule", "the night watch", "a tinker", "somebody on the hill", "our neighbor down the road",
    "a quiet stranger", "the crew at the mill"};
  static constexpr std::array<const char*, 12> did = {
    "brought word of", "asked me about", "traded half a blanket for", "swears by", "lost sleep over", "drew a map of",
    "told a long tale about", "went looking for", "would not stop humming about", "set a lantern beside",
    "wrote home about", "found the way back from"};
  static constexpr std::array<const char*, 12> what = {
    "the covered bridge", "a garden that still grows", "the dry creek bed", "an empty lighthouse of a barn",
    "the road over the ridge", "a working well", "the schoolhouse bell", "a field of late corn", "the ferry landing",
    "a shed full of clocks", "the stone wall by the orchard", "a lamp in a far window"};
  static constexpr std::array<const char*, 10> close = {
    "and that is worth a slow nod", "so keep your boots dry", "which made me smile all morning",
    "and I believe about half of it", "so wave if you pass that way", "and the kettle is still warm here",
    "but nobody was in a hurry", "and the dogs did not mind", "so mark it on your map in pencil",
    "and I thought you should hear it"};
  std::uint64_t state = hash_of(request);
  std::string text;
  const int sentences = 5 + static_cast<int>(next_of(state) % 2);
  for (int i = 0; i < sentences; ++i) {
    std::string sentence = pick(state, who) + " " + pick(state, did) + " " + pick(state, what);
    sentence += ", " + pick(state, close);
    sentence[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence[0])));
    text += (i ? " " : "") + sentence + ".";
  }
  return text;
}

std::uint64_t words_of(std::string_view text) {
  std::uint64_t words = 0;
  bool in_word = false;
  for (char c : text) {
    const bool blank = c == ' ' || c == '\n';
    words += !blank && !in_word;
    in_word = !blank;
  }
  return words;
}

// --- sockets ------------------------------------------------------------------------------------------------------

/// One accepted connection.
class connection {
public:
  explicit connection(int fd, SSL_CTX* tls) : fd_(fd) {
    if (!tls) return;
    tls_.reset(SSL_new(tls));
    SSL_set_fd(tls_.get(), fd_);
    alive_ = SSL_accept(tls_.get()) == 1;
  }
  ~connection() { close_now(); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return alive_ = false;
      sent_ += static_cast<std::uint64_t>(n);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  bool drip(std::string_view bytes, int ms) {
    for (char c : bytes) {
      if (!send(std::string_view(&c, 1))) return false;
      if (peer_left(ms)) return false;
    }
    return true;
  }

  /// Waits until the peer closes, or `ms` have passed.
  bool peer_left(int ms) {
    pollfd p{fd_, POLLIN | POLLRDHUP, 0};
    if (::poll(&p, 1, ms) <= 0) return false;
    char c = 0;
    if ((p.revents & (POLLHUP | POLLERR | POLLRDHUP)) != 0 || ::recv(fd_, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
      alive_ = false;
      return true;
    }
    pause_for(std::min(ms, 50));
    return false;
  }

  void wait_for_peer() {
    while (!peer_left(1000)) {}
  }

  /// Ends with a reset instead of a proper end.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    alive_ = false;
    close_now();
  }

  void close_now() {
    if (fd_ >= 0 && tls_ && alive_) SSL_shutdown(tls_.get());
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  ssize_t receive(char* into, std::size_t size) {
    return tls_ ? SSL_read(tls_.get(), into, static_cast<int>(size)) : ::recv(fd_, into, size, 0);
  }
  bool alive() const { return alive_; }
  std::uint64_t sent() const { return sent_; }

private:
  int fd_;
  std::unique_ptr<SSL, longwave::test::openssl_release> tls_;
  bool alive_ = true;
  std::uint64_t sent_ = 0;
};

struct request {
  std::string method;
  std::string target;
  std::string head;
  std::string body;
  bool close = false;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// The value of a header; empty when absent.
std::string header(const request& r, const std::string& name) {
  const std::string head = lower(r.head);
  const auto at = head.find("\r\n" + name + ":");
  if (at == std::string::npos) return {};
  auto from = at + name.size() + 3;
  while (from < r.head.size() && r.head[from] == ' ') ++from;
  return r.head.substr(from, r.head.find("\r\n", from) - from);
}

/// Reads one request; `rest` keeps what belongs to the next one.
bool read_request(connection& peer, std::string& rest, request& out) {
  std::array<char, 16384> piece{};
  std::size_t end = 0;
  while ((end = rest.find("\r\n\r\n")) == std::string::npos) {
    const ssize_t n = peer.receive(piece.data(), piece.size());
    if (n <= 0) return false;
    rest.append(piece.data(), static_cast<std::size_t>(n));
  }
  out.head = rest.substr(0, end + 2);
  rest.erase(0, end + 4);
  const auto first = out.head.find(' ');
  const auto second = out.head.find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos) return false;
  out.method = out.head.substr(0, first);
  out.target = out.head.substr(first + 1, second - first - 1);
  out.close = lower(header(out, "connection")) == "close";
  const std::string length = header(out, "content-length");
  std::size_t size = 0;
  const auto number = std::from_chars(length.data(), length.data() + length.size(), size);
  if (!length.empty() && number.ec != std::errc()) return false;
  while (rest.size() < size) {
    const ssize_t n = peer.receive(piece.data(), piece.size());
    if (n <= 0) return false;
    rest.append(piece.data(), static_cast<std::size_t>(n));
  }
  out.body = rest.substr(0, size);
  rest.erase(0, size);
  return true;
}

// --- answers ------------------------------------------------------------------------------------------------------

/// One request with everything that its answer depends on.
struct exchange {
  connection& peer;
  const request& asked;
  json body;
  behaviour how;
  enum class protocol { openai, ollama, anthropic } speaks = protocol::openai;

  bool ollama() const { return speaks == protocol::ollama; }
  bool anthropic() const { return speaks == protocol::anthropic; }
  std::string model() const { return body.is_object() ? body.value("model", "") : ""; }
};

std::string head_of(int status, const std::string& type, const std::string& extra) {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: " + type + "\r\n" + extra + "\r\n";
}

bool send_whole(connection& peer, int status, const std::string& type, const std::string& body,
                const std::string& extra = {}) {
  return peer.send(head_of(status, type, extra + "Content-Length: " + std::to_string(body.size()) + "\r\n") + body);
}

bool send_error(exchange& x, int status, const std::string& message, const std::string& type = "server_error") {
  const json details = {{"message", message}, {"type", type}, {"param", nullptr}, {"code", type}};
  json body = {{"error", x.ollama() ? json(message) : details}};
  if (x.anthropic()) body = {{"type", "error"}, {"error", {{"type", type}, {"message", message}}}, {"request_id", "req_trial"}};
  std::string extra;
  if (!x.how.retry_after.empty()) extra = "Retry-After: " + x.how.retry_after + "\r\n";
  return send_whole(x.peer, status, "application/json", body.dump(), extra);
}

std::string chunk_of(const std::string& bytes) {
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return size.data() + bytes + "\r\n";
}

json usage_of(const exchange& x, const std::string& text) {
  if (x.how.kind == "badusage") return json{{"prompt_tokens", "many"}, {"completion_tokens", -7}, {"total_tokens", {}}};
  if (x.how.kind == "hugeusage") return json{{"prompt_tokens", 1e300}, {"completion_tokens", UINT64_MAX}};
  return json{{"prompt_tokens", words_of(x.asked.body)}, {"completion_tokens", words_of(text)},
              {"total_tokens", words_of(x.asked.body) + words_of(text)}};
}

std::string openai_event(const exchange& x, json choice, json usage) {
  json event = {{"id", "chatcmpl-trial"}, {"object", "chat.completion.chunk"}, {"created", 0}, {"model", x.model()},
                {"usage", std::move(usage)}};
  event["choices"] = choice.is_null() ? json::array() : json::array({std::move(choice)});
  return "data: " + event.dump() + "\n\n";
}

std::string ollama_line(const exchange& x, const std::string& content, const std::string& thinking, bool done) {
  json line = {{"model", x.model()}, {"created_at", "2000-01-01T00:00:00Z"}, {"done", done}};
  line["message"] = {{"role", "assistant"}, {"content", content}};
  if (!thinking.empty()) line["message"]["thinking"] = thinking;
  return line.dump() + "\n";
}

std::string anthropic_event(const std::string& type, json members) {
  members["type"] = type;
  return "event: " + type + "\ndata: " + members.dump() + "\n\n";
}

/// The usage of the first event: the input is told there, with the part that was cached.
std::string anthropic_start(const exchange& x) {
  json message = {{"id", "msg_trial"}, {"type", "message"}, {"role", "assistant"}, {"model", x.model()},
                  {"content", json::array()}, {"stop_reason", nullptr}};
  const json counts = usage_of(x, "");
  if (x.how.kind != "nousage")
    message["usage"] = {{"input_tokens", counts["prompt_tokens"]}, {"cache_read_input_tokens", 0}, {"output_tokens", 1}};
  return anthropic_event("message_start", {{"message", message}}) +
         anthropic_event("content_block_start", {{"index", 0}, {"content_block", {{"type", "text"}, {"text", ""}}}}) +
         anthropic_event("ping", json::object());
}

std::string anthropic_end(const exchange& x, const std::string& text, const std::string& reason) {
  const std::string told = reason == "stop" ? "end_turn" : reason == "length" ? "max_tokens"
                           : reason == "content_filter" ? "refusal" : reason;
  json delta = {{"delta", {{"stop_reason", told}, {"stop_sequence", nullptr}}}};
  if (x.how.kind == "nofinish") delta["delta"]["stop_reason"] = nullptr;
  if (x.how.kind != "nousage") delta["usage"] = {{"output_tokens", usage_of(x, text)["completion_tokens"]}};
  return anthropic_event("content_block_stop", {{"index", 0}}) + anthropic_event("message_delta", delta) +
         anthropic_event("message_stop", json::object());
}

/// One piece of text as it goes over the wire, without chunk framing.
std::string piece_of(const exchange& x, const std::string& text, bool thinking) {
  if (x.anthropic())
    return anthropic_event("content_block_delta",
                           {{"index", 0},
                            {"delta", thinking ? json{{"type", "thinking_delta"}, {"thinking", text}}
                                               : json{{"type", "text_delta"}, {"text", text}}}});
  if (x.ollama()) return ollama_line(x, thinking ? "" : text, thinking ? text : "", false);
  return openai_event(x, {{"index", 0}, {"delta", {{thinking ? "reasoning_content" : "content", text}}},
                          {"finish_reason", nullptr}}, nullptr);
}

/// Everything after the text: the reason, usage and end mark.
std::string end_of(const exchange& x, const std::string& text, const std::string& reason) {
  if (x.anthropic()) return anthropic_end(x, text, reason);
  const bool usage = x.how.kind != "nousage";
  if (x.ollama()) {
    json line = json::parse(ollama_line(x, "", "", true));
    line["done_reason"] = reason == "content_filter" ? "stop" : reason;
    line["total_duration"] = 1000000;
    if (usage) {
      const json counts = usage_of(x, text);
      line["prompt_eval_count"] = counts["prompt_tokens"];
      line["eval_count"] = counts["completion_tokens"];
    }
    return line.dump() + "\n";
  }
  std::string out = openai_event(x, {{"index", 0}, {"delta", json::object()}, {"finish_reason", reason}}, nullptr);
  const bool wanted = x.body.is_object() && x.body.contains("stream_options");
  if (usage && wanted) out += openai_event(x, nullptr, usage_of(x, text));
  return out + "data: [DONE]\n\n";
}

/// The pieces of a text, two words each.
std::vector<std::string> pieces_of(const std::string& text) {
  std::vector<std::string> pieces(1);
  int words = 0;
  for (char c : text) {
    pieces.back().push_back(c);
    if (c == ' ' && ++words % 2 == 0) pieces.emplace_back();
  }
  return pieces;
}

std::string stream_head(const exchange& x) {
  return head_of(200, x.ollama() ? "application/x-ndjson" : "text/event-stream", "Transfer-Encoding: chunked\r\n");
}

std::string text_of_answer(const exchange& x) {
  const std::string& kind = x.how.kind;
  if (kind == "blank") return "   \n \t ";
  if (kind == "nul") return std::string("The road\0 is open", 17);
  if (kind == "nocontent" || kind == "load") return {};
  if (kind == "loop") {
    std::string text = "Well now.";
    for (int i = 0; i < 60; ++i) text += " the same old road again";
    return text;
  }
  const std::string text = x.how.text.empty() ? text_of_request(x.asked.body) : x.how.text;
  if (kind == "thinktags") return "<think>\nI should be warm.\n</think>\n\n" + text;
  if (kind == "openthink") return "<think>\n" + text;
  if (kind == "turns") return text + "<|im_end|>\n<|im_start|>user\nOne more.";
  return text;
}

std::string reason_of(const std::string& kind) {
  if (kind == "length") return "length";
  if (kind == "filter") return "content_filter";
  if (kind == "load") return "load";
  return "stop";
}

/// What llama-server tells all calls of the moment when the window that its slots share is full.
constexpr const char* full_window = "Context size has been exceeded.";

/// The same in mid-stream. To Anthropic's clients it names an error by the event alone.
std::string flat_error(const exchange& x) {
  if (x.ollama()) return json{{"error", full_window}}.dump() + "\n";
  const json error = {{"code", 500}, {"message", full_window}, {"type", "server_error"}};
  if (x.anthropic()) return "event: error\ndata: " + error.dump() + "\n\n";
  return "data: " + json{{"error", error}}.dump() + "\n\n";
}

/// The pings that llama-server sends while it works on a long prompt.
bool send_pings(exchange& x) {
  for (int i = 0; i < 5; ++i) {
    if (!x.peer.send(chunk_of(x.ollama()      ? "\n"
                              : x.anthropic() ? anthropic_event("ping", json::object())
                                              : ": ping\n\n"))) return false;
    pause_for(x.how.ms);
  }
  return true;
}

/// A streamed answer, good or with a fault on the way. Returns whether the connection may serve another request.
bool stream_answer(exchange& x) {
  const std::string& kind = x.how.kind;
  const std::string text = text_of_answer(x);
  if (!x.peer.send(stream_head(x))) return false;
  if (x.anthropic() && !x.peer.send(chunk_of(anthropic_start(x)))) return false;
  if (kind == "pings" && !send_pings(x)) return false;
  const auto pieces = pieces_of(text);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool middle = i == pieces.size() / 2;
    if (middle && kind == "stall") return x.peer.wait_for_peer(), false;
    if (middle && kind == "close") return x.peer.send("40\r\n" + piece_of(x, pieces[i], false).substr(0, 20)), false;
    if (middle && kind == "resetbody") return pause_for(50), x.peer.reset(), false;
    if (middle && kind == "flaterror") return x.peer.send(chunk_of(flat_error(x)) + "0\r\n\r\n");
    if (middle && kind == "errorline") {
      std::string line = "data: {\"error\":{\"message\":\"the runner has stopped\"}}\n\n";
      if (x.ollama()) line = "{\"error\":\"the runner has stopped\"}\n";
      if (x.anthropic())
        line = anthropic_event("error", {{"error", {{"type", "overloaded_error"}, {"message", "the runner has stopped"}}}});
      return x.peer.send(chunk_of(line) + "0\r\n\r\n");
    }
    const std::string piece = chunk_of(piece_of(x, pieces[i], kind == "think"));
    if (kind == "drip" ? !x.peer.drip(piece, x.how.ms) : !x.peer.send(piece)) return false;
    if (config.token_delay > 0 && x.peer.peer_left(config.token_delay)) return false;
  }
  if (kind == "noend") return x.peer.send("0\r\n\r\n");
  std::string end = end_of(x, text, reason_of(kind));
  if (kind == "nofinish" && !x.anthropic()) end = x.ollama() ? ollama_line(x, "", "", true) : "data: [DONE]\n\n";
  return x.peer.send(chunk_of(end) + "0\r\n\r\n");
}

/// The answer as one JSON object, although a stream was asked for.
json whole_object(const exchange& x, const std::string& text) {
  if (x.ollama()) {
    json line = json::parse(end_of(x, text, "stop"));
    line["message"]["content"] = text;
    return line;
  }
  if (x.anthropic()) {
    const json counts = usage_of(x, text);
    return {{"id", "msg_trial"}, {"type", "message"}, {"role", "assistant"}, {"model", x.model()},
            {"content", json::array({{{"type", "text"}, {"text", text}}})}, {"stop_reason", "end_turn"},
            {"usage", {{"input_tokens", counts["prompt_tokens"]}, {"output_tokens", counts["completion_tokens"]}}}};
  }
  return {{"id", "chatcmpl-trial"}, {"object", "chat.completion"}, {"created", 0}, {"model", x.model()},
                     {"choices", {{{"index", 0}, {"message", {{"role", "assistant"}, {"content", text}}},
                                   {"finish_reason", "stop"}}}},
                     {"usage", usage_of(x, text)}};
}

bool whole_answer(exchange& x) {
  return send_whole(x.peer, 200, "application/json", whole_object(x, text_of_answer(x)).dump());
}

/// A whole answer whose text is spoilt on the level of JSON. Nothing when `kind` is none of these.
std::optional<bool> spoilt_text(exchange& x) {
  constexpr std::string_view mark = "\"@@\"";
  struct row { const char* kind; const char* in_place; };
  static constexpr row rows[] = {{"nulltext", "null"}, {"numbertext", "5"}, {"listtext", "[\"Well\", \"now\"]"},
                                 {"nan", "NaN"}, {"hugenumber", "1e999999999"}, {"badutf8", "\"bad \xff\xfe\xc0 bytes\""},
                                 {"surrogate", "\"lone \\ud800 half\""}, {"markup", "\"** -- ## __ >>\""}};
  std::string body = whole_object(x, "@@").dump();
  const auto at = body.find(mark);
  for (const auto& r : rows) {
    if (x.how.kind != r.kind) continue;
    return send_whole(x.peer, 200, "application/json", body.replace(at, mark.size(), r.in_place));
  }
  const std::string key = x.anthropic() ? "\"text\":" : "\"content\":";
  const auto text_at = body.rfind(key, at);
  if (x.how.kind == "notext") {
    const bool first = body[text_at - 1] == '{', last = body[at + mark.size()] == '}';
    body.erase(text_at - (first ? 0 : 1), at + mark.size() - text_at + (first ? !last : 1));
    return send_whole(x.peer, 200, "application/json", body);
  }
  if (x.how.kind == "duplicate") { // of two equal keys the last one counts, as everywhere in JSON
    body.replace(at, mark.size(), "5," + key + json(text_of_answer(x)).dump());
    return send_whole(x.peer, 200, "application/json", body);
  }
  if (x.how.kind == "charset")
    return send_whole(x.peer, 200, "text/plain; charset=utf-16", whole_object(x, text_of_answer(x)).dump());
  return std::nullopt;
}

/// A sound answer under a wrong Content-Length.
bool wrong_length(exchange& x) {
  const std::string text = text_of_answer(x);
  std::string body = (x.anthropic() ? anthropic_start(x) : "") + piece_of(x, text, false) + end_of(x, text, "stop");
  std::string length = "-5";
  if (x.how.kind == "shortlength") length = std::to_string(body.size() / 2);
  if (x.how.kind == "longlength") length = std::to_string(body.size() * 2);
  if (x.how.kind == "hugelength") length = "9223372036854775808";
  x.peer.send(head_of(200, "application/json", "Content-Length: " + length + "\r\n") + body);
  return false;
}

/// Bodies that never end (`endless`) or are far too large.
bool large_answer(exchange& x) {
  x.peer.send(stream_head(x));
  if (x.how.kind == "bigline") {
    for (int i = 0; i < 1'000 && x.peer.send(chunk_of((i ? "" : "data: {\"text\":\"") + std::string(60'000, 'a'))); ++i) {}
    return false;
  }
  std::uint64_t state = hash_of(x.asked.body);
  for (int i = 0; x.how.kind == "endless" || i < 20'000; ++i) {
    std::string words; // no two alike: nothing that a loop detector would end early
    while (words.size() < 60'000) words += std::to_string(next_of(state)) + "x ";
    if (!x.peer.send(chunk_of(piece_of(x, words, false)))) break;
    if (x.how.kind == "endless" && x.peer.peer_left(x.how.ms)) break;
  }
  return false;
}

bool garbage_answer(exchange& x) {
  std::string bytes;
  std::uint64_t state = hash_of(x.asked.body);
  for (int i = 0; i < 4000; ++i) bytes.push_back(static_cast<char>(next_of(state)));
  return send_whole(x.peer, 200, "application/octet-stream", bytes);
}

bool big_head(exchange& x) {
  if (!x.peer.send("HTTP/1.1 200 OK\r\n")) return false;
  for (int i = 0; i < 1000; ++i) {
    if (!x.peer.send("X-Filler-" + std::to_string(i) + ": " + std::string(1000, 'f') + "\r\n")) return false;
  }
  return false;
}

/// Faults before and in the head, and whole bodies that are no answer. Nothing when `kind` is none of them.
std::optional<bool> fault_without_stream(exchange& x) {
  const std::string& kind = x.how.kind;
  connection& peer = x.peer;
  if (kind == "hang") return peer.wait_for_peer(), false;
  if (kind == "hanghead") return peer.send(stream_head(x)), peer.wait_for_peer(), false;
  if (kind == "closehead") return peer.send("HTTP/1.1 200 OK\r\nContent-Ty"), false;
  if (kind == "reset") return peer.reset(), false;
  if (kind == "resethead") return peer.send("HTTP/1.1 200 OK\r\nContent-Ty"), pause_for(20), peer.reset(), false;
  if (kind == "badhttp") return peer.send("220 mail.invalid ready\r\n\r\n"), false;
  if (kind == "bighead") return big_head(x);
  if (kind == "html200") return send_whole(peer, 200, "text/html", "<html><body><h1>Welcome</h1></body></html>");
  if (kind == "empty") return send_whole(peer, 200, "application/json", "");
  if (kind == "garbage") return garbage_answer(x);
  if (kind == "badjson") return send_whole(peer, 200, "application/json", R"({"choices": [{"message": {"con)");
  if (kind == "deep") return send_whole(peer, 200, "application/json", R"({"message":)" + std::string(100'000, '['));
  if (kind == "error200") return send_whole(peer, 200, "application/json", R"({"error":"something broke"})");
  if (kind == "redirect") return send_whole(peer, 302, "text/plain", "moved", "Location: http://127.0.0.1:1/other\r\n");
  if (kind == "quota429" && x.anthropic())
    return send_error(x, 402, "Your credit balance is too low to access the API", "billing_error");
  if (kind == "quota429") return send_error(x, 429, "You exceeded your current quota", "insufficient_quota");
  if (kind == "context400") {
    return send_error(x, 400, "request (9000 tokens) exceeds the available context size", "exceed_context_size_error");
  }
  if (kind == "window500") return send_error(x, 500, full_window);
  if (kind.substr(0, 4) == "http") {
    const int status = static_cast<int>(number_of(std::string_view(kind).substr(4), "behaviour"));
    constexpr const char* busy = "server busy, please try again.  maximum pending requests exceeded";
    return send_error(x, status, status == 503 ? busy : "planned failure");
  }
  if (kind == "endless" || kind == "bigbody" || kind == "bigline") return large_answer(x);
  if (kind.size() > 6 && kind.substr(kind.size() - 6) == "length") return wrong_length(x);
  if (kind == "whole") return whole_answer(x);
  return spoilt_text(x);
}

bool answer_chat(exchange& x) {
  const std::string key = x.anthropic() ? header(x.asked, "x-api-key") : header(x.asked, "authorization");
  if (!config.key.empty() && key != (x.anthropic() ? "" : "Bearer ") + config.key)
    return send_error(x, 401, "Incorrect API key provided: " + key, x.anthropic() ? "authentication_error" : "invalid_api_key");
  if (!x.body.is_object()) return send_error(x, 400, "the request is no JSON object", "invalid_request_error");
  if (!config.model.empty() && x.model() != config.model) {
    return send_error(x, 404, "model \"" + x.model() + "\" not found, try pulling it first", "not_found_error");
  }
  for (const auto& field : config.refused_fields)
    if (x.body.contains(field))
      return send_error(x, 400, "Unrecognized request argument supplied: " + field, "invalid_request_error");
  if (x.anthropic() && (header(x.asked, "anthropic-version").empty() || !x.body.contains("max_tokens")))
    return send_error(x, 400, "anthropic-version and max_tokens are required", "invalid_request_error");
  if (x.how.kind == "slow" && x.peer.peer_left(x.how.ms)) return false;
  if (const auto done = fault_without_stream(x)) return *done;
  if (!x.body.value("stream", x.ollama())) return whole_answer(x);
  return stream_answer(x);
}

bool answer_page(connection& peer, const std::string& target) {
  const std::string model = config.model.empty() ? "trial" : config.model;
  if (target == "/v1/models") {
    const json one = {{"id", model}, {"object", "model"}, {"created", 0}, {"owned_by", "trial"}};
    return send_whole(peer, 200, "application/json", json{{"object", "list"}, {"data", {one}}}.dump());
  }
  if (target == "/api/tags") {
    const json one = {{"name", model}, {"model", model}, {"size", 1}, {"digest", std::string(64, '0')},
                      {"details", {{"family", "trial"}}}};
    return send_whole(peer, 200, "application/json", json{{"models", {one}}}.dump());
  }
  if (target == "/api/version") return send_whole(peer, 200, "application/json", R"({"version":"0.0.0-trial"})");
  return send_whole(peer, 404, "application/json", R"({"error":"no such page"})");
}

json log_line(const exchange& x, std::uint64_t number) {
  return {{"event", "request"}, {"n", number}, {"method", x.asked.method}, {"target", x.asked.target},
          {"behaviour", x.how.kind},
          {"key", !header(x.asked, x.anthropic() ? "x-api-key" : "authorization").empty()}, {"body", x.body}};
}

/// One model fits into the memory: another one pushes it out, and who asks for it waits.
void load_model(const std::string& model) {
  static std::mutex one_at_a_time;
  static std::string loaded;
  if (config.load_ms == 0) return;
  const std::lock_guard guard(one_at_a_time);
  if (std::exchange(loaded, model) != model) std::this_thread::sleep_for(std::chrono::milliseconds(config.load_ms));
}

/// Serves one request; returns whether the connection may serve another.
bool serve_request(connection& peer, const request& asked) {
  if (asked.method == "GET" || asked.method == "HEAD") {
    write_log({{"event", "request"}, {"n", 0}, {"method", asked.method}, {"target", asked.target}});
    return answer_page(peer, asked.target);
  }
  const std::uint64_t number = ++requests;
  exchange x{peer, asked, json::parse(asked.body, nullptr, false), {}};
  if (asked.target.find("/api/chat") != std::string::npos) x.speaks = exchange::protocol::ollama;
  if (asked.target.find("/v1/messages") != std::string::npos) x.speaks = exchange::protocol::anthropic;
  if (x.body.is_discarded()) x.body = nullptr;
  x.how = behaviour_of_request(number, x.model());
  write_log(log_line(x, number));
  if (x.how.kind == "die") std::_Exit(9);
  load_model(x.model());
  const bool known = x.speaks != exchange::protocol::openai || asked.target.find("/v1/chat/completions") != std::string::npos;
  const bool again = known ? answer_chat(x) : answer_page(peer, asked.target);
  if (config.log_ends) {
    write_log({{"event", "end"}, {"n", number}, {"sent", peer.sent()}, {"peer_left", !peer.alive()}});
  }
  return again;
}

void serve(int fd, SSL_CTX* tls) {
  connection peer(fd, tls);
  if (!peer.alive()) return; // no TLS handshake

  std::string rest;
  request asked;
  while (read_request(peer, rest, asked)) {
    if (!serve_request(peer, asked) || asked.close) return;
    asked = {};
  }
}

int listen_on(int& port) {
  const bool six = config.host.find(':') != std::string::npos;
  const int fd = ::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in6 address6{};
  sockaddr_in address4{};
  address6.sin6_family = AF_INET6;
  address4.sin_family = AF_INET;
  address6.sin6_port = address4.sin_port = htons(static_cast<std::uint16_t>(config.port));
  void* const target = six ? static_cast<void*>(&address6.sin6_addr) : static_cast<void*>(&address4.sin_addr);
  const int family = six ? AF_INET6 : AF_INET;
  if (fd < 0 || ::inet_pton(family, config.host.c_str(), target) != 1) leave("cannot use " + config.host);
  auto* const address = six ? reinterpret_cast<sockaddr*>(&address6) : reinterpret_cast<sockaddr*>(&address4);
  socklen_t size = six ? sizeof address6 : sizeof address4;
  if (::bind(fd, address, size) != 0 || ::listen(fd, 256) != 0) leave("cannot listen on " + config.host);
  ::getsockname(fd, address, &size);
  port = ntohs(six ? address6.sin6_port : address4.sin_port);
  return fd;
}

} // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    read_arguments(argc, argv);
  } catch (const json::exception& e) {
    leave(std::string("a script line has a value of the wrong type: ") + e.what());
  }
  if (!config.log.empty()) {
    log_file.open(config.log, std::ios::app);
    if (!log_file) leave("cannot write " + config.log);
  }
  std::unique_ptr<SSL_CTX, longwave::test::openssl_release> tls;
  if (!config.tls.empty()) {
    const long day = 86'400;
    const longwave::test::certificate own("IP:127.0.0.1,IP:::1,DNS:localhost", config.tls_expired ? -9 * day : -day,
                                          config.tls_expired ? -day : day);
    own.write(config.tls);
    tls = own.server_context();
  }
  int port = 0;
  const int listener = listen_on(port);
  std::cout << port << std::endl;
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread(serve, fd, tls.get()).detach();
  }
}
