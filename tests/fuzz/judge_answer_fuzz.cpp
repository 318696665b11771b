// Any bytes as what a model says when it is asked to judge: never a crash, never more than the limits.
#include "tests/fuzz/fuzz_input.hpp"

#include "actors/validator/judge.hpp"

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  draft answer;
  answer.text = std::string(fuzz::text_of(data, size));
  const auto report = read_judgement(answer);
  fuzz::require(!report.score || (*report.score >= 0.0 && *report.score <= 1.0));
  fuzz::require(report.issues.size() <= 20);
  fuzz::require(report.detail.find('\n') == std::string::npos);
  verdict found;
  add_judgement(found, report);
  return 0;
}
