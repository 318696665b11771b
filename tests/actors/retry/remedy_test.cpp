// Each reason why no text can be had comes with what mends it.
#include "actors/retry/remedy.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("remedies: each kind of refusal names what mends it") {
  struct row {
    outcome_class outcome;
    std::string detail;
    std::string remedy;
  };
  const std::vector<row> rows{
    {outcome_class::quota, "HTTP 429: quota", "pay the bill"},
    {outcome_class::config, "HTTP 401, the API key is missing or refused", "--api-key-file"},
    {outcome_class::config, "HTTP 404, no such model or address", "--model"},
    {outcome_class::config, "the server's certificate is refused: expired", "certificate"},
    {outcome_class::config, "the server speaks TLS: write https://", "--endpoint"},
    {outcome_class::refused, "the model refused", "another model"},
    {outcome_class::empty, "the body is empty", "--model"},
    {outcome_class::stall, "no byte of an answer", "--call-timeout"},
    {outcome_class::transport, "HTTP 500: boom", "log"},
    {outcome_class::transport, "refused: cannot connect", "start the server"},
  };
  for (const auto& r : rows) {
    INFO(r.detail);
    draft d;
    d.outcome = r.outcome;
    d.detail = r.detail;
    CHECK(remedy_before_start(d).find(r.remedy) != std::string::npos);
    CHECK(remedy_before_start(d).find("longwave resume") == std::string::npos); // there is nothing to resume yet
    CHECK(with_remedy(d) == r.detail + "; " + remedy_before_start(d) + ", then `longwave resume`");
  }
  draft silent;
  silent.outcome = outcome_class::config;
  CHECK(with_remedy(silent).rfind("config; ", 0) == 0);
  silent.prompt_too_long = true;
  CHECK(remedy_before_start(silent).find("window") != std::string::npos);
}
