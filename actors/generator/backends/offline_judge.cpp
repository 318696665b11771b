// Judgements by lot.
#include "actors/generator/backends/offline_judge.hpp"

#include "messages/random.hpp"
#include "messages/sentences.hpp"

#include <algorithm>
#include <cstdio>

namespace longwave {

namespace {

constexpr double rejected_share = 1.0 / 30;
constexpr double warned_share = 1.0 / 8;

std::string judgement_for(const generation_call& call) {
  random_stream draw(call.seed, call.seq, static_cast<std::uint64_t>(std::max(call.rejected, 0)), "judge");
  const double lot = draw.fraction();
  char text[640];
  if (call.rejected == 0 && lot < rejected_share) {
    std::snprintf(text, sizeof text,
                  R"({"is_valid": false, "overall_score": %.2f, "issues": [{"severity": "critical", "category": "coherence", )"
                  R"("message": "The text loses its thread halfway.", "evidence": "", "suggestion": "Tell one thing from )"
                  R"(beginning to end.", "confidence": 0.9}], "feedback": "Tell one thing from beginning to end."})",
                  0.2 + 0.25 * draw.fraction());
  } else if (lot < rejected_share + warned_share) {
    std::snprintf(text, sizeof text,
                  R"({"is_valid": true, "overall_score": %.2f, "issues": [{"severity": "suggestion", "category": "tone", )"
                  R"("message": "The tone could be warmer.", "evidence": "", "suggestion": "", "confidence": 0.6}], )"
                  R"("feedback": "The tone could be warmer."})",
                  0.6 + 0.15 * draw.fraction());
  } else {
    std::snprintf(text, sizeof text, R"({"is_valid": true, "overall_score": %.2f, "issues": [], "feedback": ""})",
                  0.75 + 0.25 * draw.fraction());
  }
  return text;
}

class offline_judge final : public backend {
public:
  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    draft d;
    d.text = judgement_for(call);
    token_usage usage;
    usage.input_tokens = count_words(call.system_prompt) + count_words(call.user_prompt);
    usage.output_tokens = count_words(d.text);
    d.usage = usage;
    answer(std::move(d));
    return nullptr;
  }

  std::shared_ptr<call_handle> probe(answer_function answer) override {
    draft d;
    d.text = "Ready.";
    answer(std::move(d));
    return nullptr;
  }

  backend_info info() const override { return {"offline", "judge", {}}; }
};

} // namespace

std::unique_ptr<backend> make_offline_judge() { return std::make_unique<offline_judge>(); }

} // namespace longwave
