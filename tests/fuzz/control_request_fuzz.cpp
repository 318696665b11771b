// Any method, target and body on the control routes: one answer, never a crash, nothing read outside the run.
#include "tests/fuzz/fuzz_input.hpp"

#include "cli/control_routes.hpp"

#include <future>

using namespace longwave;

namespace {

/// Routes over a store without runs; the engine behind them knows nobody.
struct served_store {
  served_store() {
    auto opened = storage::store::open(folder.path() / "store");
    fuzz::require(static_cast<bool>(opened));
    cli::engine_port port;
    port.store = std::move(opened.value());
    port.ask = [](control_request request) { request.reply({404, "{}"}); };
    port.submit = [](nlohmann::json, std::function<void(cli::http_reply)> reply) { reply(cli::problem_reply(400, "no")); };
    port.snapshot = [](std::string) -> result<std::string> { return failure{error_code::io_failed, "no", "", ""}; };
    routes = std::make_unique<cli::control_routes>(std::move(port));
  }
  fuzz::memory_folder folder;
  std::unique_ptr<cli::control_routes> routes;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static served_store served;
  auto bytes = fuzz::text_of(data, size);
  static const std::string methods[] = {"GET", "POST", "HEAD", "DELETE"};
  cli::http_question question;
  const auto first = fuzz::take_byte(bytes);
  question.method = methods[first % 4];
  question.over_network = (first & 4) != 0;
  const auto cut = std::min(bytes.find('\n'), bytes.size());
  question.target = std::string(bytes.substr(0, cut));
  question.body = std::string(bytes.substr(std::min(cut + 1, bytes.size())));
  auto answered = std::make_shared<std::promise<int>>();
  auto answer = answered->get_future();
  served.routes->handle(question, [answered](cli::http_reply reply) { answered->set_value(reply.status); });
  const auto status = answer.get();
  fuzz::require(status >= 200 && status < 600 && status != 500);
  return 0;
}
