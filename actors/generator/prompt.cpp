// Assembles prompts from a plan; see domain 4, "Prompt inputs".
#include "actors/generator/prompt.hpp"

#include "actors/retry/feedback.hpp"

#include <algorithm>

namespace longwave {

namespace {

void line(std::string& out, std::string_view label, std::string_view text) {
  if (text.empty()) return;
  out.append(label).append(text).push_back('\n');
}

void list(std::string& out, std::string_view label, const std::vector<std::string>& words) {
  if (words.empty()) return;
  out.append(label);
  for (std::size_t i = 0; i < words.size(); ++i) out.append(i ? "; " : "").append(words[i]);
  out.push_back('\n');
}

std::string persona(const dj_profile& p) {
  std::string out;
  out.reserve(2'048);
  out.append(p.system_prompt).push_back('\n');
  line(out, "Role: ", p.role);
  line(out, "Tone: ", p.tone);
  list(out, "Always: ", p.do_rules);
  list(out, "Never: ", p.dont_rules);
  out += "You know nothing that happened after the year " + std::to_string(p.knowledge.temporal_cutoff_year) + ".\n";
  line(out, "You live in: ", p.knowledge.region);
  list(out, "Never mention these factions: ", p.knowledge.forbidden_factions);
  list(out, "Never mention these topics: ", p.knowledge.forbidden_topics);
  return out;
}

void weather_part(std::string& out, const segment_plan& plan) {
  const auto& w = plan.weather;
  if (w.type.empty()) return;
  out += "Weather now: " + w.type + ", " + w.intensity + ", " + std::to_string(w.temperature_f) + " F.\n";
  for (const auto& f : plan.forecast) out += "Later: " + f.type + ", " + std::to_string(f.temperature_f) + " F.\n";
  if (w.emergency) out += "This is an emergency: say what it is and how to take shelter.\n";
}

void beat_part(std::string& out, const story_beat& beat) {
  line(out, "Tell this part of the running story \"", beat.title + "\" (act " + std::to_string(beat.act) + " of " +
                                                       std::to_string(beat.acts_total) + ", " + beat.act_type + "):");
  line(out, "What happens: ", beat.summary);
  list(out, "Name: ", beat.entities);
  list(out, "Themes: ", beat.themes);
  line(out, "You know it by: ", beat.framing);
  list(out, "So far: ", beat.so_far);
}

void broadcast_part(std::string& out, const segment_plan& plan) {
  out += "Write one radio segment of type " + std::string(to_string(plan.type)) + ", spoken at " +
         std::to_string(plan.position.hour) + ":00 (" + std::string(time_band(plan.position.hour)) + ").\n";
  weather_part(out, plan);
  if (plan.gossip) line(out, "Rumour, stage " + plan.gossip->stage + ": ", plan.gossip->subject);
  if (plan.news) line(out, "News, " + plan.news->category + ", say \"" + plan.news->wording + "\": ", plan.news->subject);
  if (plan.beat) beat_part(out, *plan.beat);
  line(out, "Work in this catch-phrase: ", plan.catchphrase);
  list(out, "Do not open like these: ", plan.hints.recent_openings);
  list(out, "Leave these topics alone: ", plan.hints.recent_topics);
  out += "Write " + std::to_string(plan.min_words) + " to " + std::to_string(plan.max_words) +
         " words of plain speech in the present tense: no stage directions, no quotation marks around it, no talk of games.\n";
}

void story_part(std::string& out, const segment_plan& plan) {
  const auto& s = *plan.skeleton;
  out += plan.language == "ko" ? "Write in Korean. " : "Write in English. ";
  out += "Write one first-person story of everyday psychological horror with an open ending. First line: \"# \" and a title.\n";
  out += "Setting: " + s.setting + ". Fear: " + s.primary_fear + ". Antagonist: " + s.antagonist +
         ". Mechanism: " + s.mechanism + ". Twist: " + s.twist + ".\n";
  for (const auto& act : s.acts) line(out, "Act: ", act);
  const int length = plan.target_length > 0 ? plan.target_length : 3'500;
  out += "Length: about " + std::to_string(length) + " characters.\n";
}

} // namespace

double temperature_for(segment_type type) noexcept { return type == segment_type::emergency_weather ? 0.6 : 0.8; }

generation_call make_call(const attempt_order& order) {
  const auto& config = *order.setup->config;
  generation_call call;
  call.run_id = config.run_id;
  call.seq = order.plan->seq;
  call.attempt = order.state.attempt;
  call.rejected = order.state.rejected;
  call.call = order.call;
  call.seed = config.seed;
  call.plan = order.plan;
  if (config.use_feedback && !order.state.history.empty()) {
    call.feedback = order.state.history.back().violations;
    call.user_prompt = feedback_block(order.state);
  }
  if (order.setup->profile) call.system_prompt = persona(*order.setup->profile);
  call.user_prompt.reserve(1'536);
  if (order.plan->skeleton)
    story_part(call.user_prompt, *order.plan);
  else
    broadcast_part(call.user_prompt, *order.plan);
  call.temperature = temperature_for(order.plan->type);
  // Domain 4 and 13: 300 tokens for a script; for a story about two tokens a character of the longer languages.
  call.max_tokens = order.plan->skeleton ? std::max(8'192, order.plan->target_length * 2) : 300;
  return call;
}

} // namespace longwave
