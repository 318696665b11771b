// A chain of small GET requests.
#include "actors/generator/backends/describe_server.hpp"

#include "actors/generator/backends/server_call.hpp"
#include "actors/generator/backends/server_pages.hpp"

#include <algorithm>

namespace longwave {

namespace {

constexpr std::size_t page_limit = 4u << 20;
constexpr std::int64_t page_timeout_ms = 10'000;

/// Lives as long as its requests.
class chain : public std::enable_shared_from_this<chain> {
public:
  chain(std::weak_ptr<http_client> client, const endpoint_options& options, http_url base,
        std::vector<std::pair<std::string, std::string>> headers, std::function<void(server_description)> tell)
    : client_(std::move(client)), limits_(limits_of(options)), base_(std::move(base)), headers_(std::move(headers)),
      secret_(options.api_key), tell_(std::move(tell)) {
    found_.kind = options.kind;
    found_.endpoint = base_.str();
    found_.model = options.model;
    pages_ = pages_of(options.kind, base_.path);
    limits_.body_limit = page_limit;
    limits_.call_timeout_ms = std::min(limits_.call_timeout_ms, page_timeout_ms);
    limits_.first_byte_timeout_ms = std::min(limits_.first_byte_timeout_ms, page_timeout_ms);
  }

  void next() {
    const auto client = client_.lock();
    if (at_ == pages_.size() || !client) return tell_(std::move(found_));
    http_request request;
    request.method = "GET";
    request.target = pages_[at_];
    request.headers = headers_;
    body_.clear();
    const auto self = shared_from_this();
    client->start(
      base_, std::move(request), limits_,
      [self](std::string_view bytes, std::int64_t) {
        self->body_.append(bytes);
        return body_wish::more;
      },
      [self](http_result end) { self->took(std::move(end)); });
  }

private:
  void took(http_result end) {
    if (end.end == http_end::complete && end.head.status == 200) read_page(found_, pages_[at_], body_);
    if (at_ == 0 && (end.end != http_end::complete || end.head.status != 200)) {
      draft answer = judge_exchange(end, nullptr);
      hide_secret(answer.detail, secret_);
      found_.outcome = answer.outcome;
      found_.detail = answer.detail;
      // No connection, no other pages; a status may be only this page's.
      if (end.end != http_end::complete) at_ = pages_.size() - 1;
    }
    ++at_;
    next();
  }

  std::weak_ptr<http_client> client_;
  http_limits limits_;
  http_url base_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string secret_;
  std::function<void(server_description)> tell_;
  server_description found_;
  std::vector<std::string> pages_;
  std::size_t at_ = 0;
  std::string body_;
};

} // namespace

void describe_server(const std::shared_ptr<http_client>& client, const endpoint_options& options, http_url base,
                     std::vector<std::pair<std::string, std::string>> headers,
                     std::function<void(server_description)> tell) {
  std::make_shared<chain>(client, options, std::move(base), std::move(headers), std::move(tell))->next();
}

} // namespace longwave
