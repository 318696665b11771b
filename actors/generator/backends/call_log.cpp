// The oracle's pen.
#include "actors/generator/backends/call_log.hpp"

#include "storage/chain.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <unistd.h>

namespace longwave {

namespace {

/// The open file; shared by all calls in flight.
class call_file {
public:
  explicit call_file(int fd) : fd_(fd) {}
  ~call_file() { ::close(fd_); }

  /// False when the line is not safely on disk.
  bool add(const std::string& line) {
    std::lock_guard guard(mutex_);
    return ::write(fd_, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fdatasync(fd_) == 0;
  }

private:
  int fd_;
  std::mutex mutex_;
};

class logging_backend final : public backend {
public:
  logging_backend(std::shared_ptr<backend> inner, int fd) : inner_(std::move(inner)), file_(std::make_shared<call_file>(fd)) {}

  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    if (call.purpose != call_purpose::segment) return inner_->start(call, std::move(answer)); // can never be accepted
    nlohmann::json line{{"run", call.run_id},     {"segment", call.seq}, {"attempt", call.attempt},
                        {"rejected", call.rejected}, {"call", call.call}};
    return inner_->start(call, [file = file_, line = std::move(line), answer = std::move(answer)](draft d) mutable {
      line["outcome"] = to_string(d.outcome);
      line["sha256"] = storage::sha256_hex(d.text);
      // A call that cannot be written down must not be accepted: the oracle would call it forged.
      if (!file->add(line.dump() + "\n")) d = {outcome_class::interrupted, "", {}, "the call log cannot be written"};
      answer(std::move(d));
    });
  }

  std::shared_ptr<call_handle> probe(answer_function answer) override { return inner_->probe(std::move(answer)); }
  backend_info info() const override { return inner_->info(); }
  void describe(description_function tell) override { inner_->describe(std::move(tell)); }
  std::vector<endpoint_status> endpoints() const override { return inner_->endpoints(); }

private:
  std::shared_ptr<backend> inner_;
  std::shared_ptr<call_file> file_;
};

} // namespace

result<std::unique_ptr<backend>> log_calls(std::shared_ptr<backend> inner, const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0)
    return failure{error_code::io_failed, "cannot open the call log " + file.string(), std::strerror(errno), "check --call-log"};
  return std::unique_ptr<backend>(new logging_backend(std::move(inner), fd));
}

} // namespace longwave
