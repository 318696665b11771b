// Puts calendar, weather, rumours, news, variety and stories together into plans.
#include "actors/scheduler/show.hpp"

#include "actors/validator/incorporation.hpp"
#include "messages/json_text.hpp"

#include <algorithm>
#include <functional>

namespace longwave {

namespace {

using nlohmann::json;

/// Words that a broadcast segment may have at least and at most, before rules warn.
constexpr int broadcast_min_words = 30;
constexpr int broadcast_max_words = 225;
/// Stories are measured in characters; words only keep out fragments and runaways.
constexpr int story_min_words = 100;
constexpr int story_max_words = 6000;

/// Points into the pack, which the pointer keeps alive.
std::shared_ptr<const dj_profile> find_dj(const run_config& config, const std::shared_ptr<const content_pack>& pack) {
  for (const auto& p : pack->profiles) {
    if (p.name == config.dj) return {pack, &p};
  }
  return std::make_shared<dj_profile>();
}

broadcast_calendar calendar_for(const run_config& config, const dj_profile& dj) {
  return make_calendar(config.segments_per_hour, config.start_hour, config.hours_per_day,
                       config.start_date.empty() ? dj.start_date : config.start_date);
}

bool says_callback(const story_beat& beat, const std::string& text) {
  const word_list words(text);
  return refers_back(beat, word_hash_set(words));
}

/// Fillers are what the fixed items leave; with stories on, nearly half of them are rumours.
double expected_gossip(const run_config& config, const broadcast_calendar& calendar) {
  const auto a_day = static_cast<double>(calendar.segments_per_day());
  const double fixed = calendar.segments_per_hour == 1 ? 3 : calendar.hours_per_day + 6;
  return (a_day - fixed) * (config.stories_enabled ? 0.42 : 0.92);
}

} // namespace

show::show(const run_config& config, std::shared_ptr<const content_pack> pack, story_memory elsewhere,
           std::shared_ptr<const lore_source> lore)
  : config_(config),
    pack_(std::move(pack)),
    dj_(find_dj(config_, pack_)),
    calendar_(calendar_for(config_, *dj_)),
    weather_(calendar_, config_.seed, dj_->knowledge.region),
    slots_(calendar_, config_.seed, config_.planned_segments()),
    gossip_(config_.seed, pack_->gossip, expected_gossip(config_, calendar_)),
    news_(config_.seed, dj_->knowledge.region, pack_->news),
    variety_(config_.seed, dj_->catchphrases),
    arcs_(config_.seed, *dj_, pack_->stories, parse_escalation_mode(config_.escalation).value_or(escalation_mode::natural)),
    loop_(config_.seed, pack_->skeletons, config_.template_id),
    registry_(static_cast<std::size_t>(config_.load_history), std::move(elsewhere)),
    reads_prompts_(config_.backend != "offline" && !is_stories()) {
  if (is_stories() || (config_.lore.empty() && !lore)) return;
  lore_.emplace(std::move(lore), dj_->knowledge.region, calendar_.segments_per_day(), 3'600 / calendar_.segments_per_hour);
}

// ---- planning ---------------------------------------------------------------------------------------------------

slot_position show::position_of(std::uint64_t seq) const {
  if (!is_stories()) return calendar_.position_of(seq);
  return {1, 0, static_cast<int>(seq), {}};
}

arc_moment show::moment(std::uint64_t seq, bool planning) const {
  arc_moment m;
  m.seq = seq;
  m.day = calendar_.day_of(seq);
  m.hour = static_cast<std::int64_t>(m.day) * 24 + calendar_.hour_of(seq);
  m.segments_per_day = calendar_.segments_per_day();
  m.open_slots = slots_.open_from(weather_, planning ? seq : seq + 1);
  const auto planned = config_.planned_segments();
  m.segments_left = !planned ? slot_table::plenty : *planned > seq ? *planned - seq : 0;
  return m;
}

void show::set_weather(segment_plan& plan) const {
  plan.weather = weather_.report(plan.seq);
  if (plan.seq > 1) plan.weather.previous_type = to_string(weather_.type(plan.seq - 1));
}

void show::set_forecast(segment_plan& plan) const {
  const int hour = plan.position.hour;
  const auto now = weather_calendar::slot_at(calendar_.date_of(plan.seq), hour);
  // The rest of the day; from the afternoon's last report on, tomorrow morning too.
  std::int64_t last = weather_calendar::slot_at(calendar_.date_of(plan.seq), 22);
  if (hour >= 17 || hour < 6) ++last;
  std::string before = plan.weather.type;
  for (std::int64_t slot = now + 1; slot <= last; ++slot) {
    weather_report r = weather_.expected(slot, plan.seq);
    r.previous_type = before;
    before = r.type;
    plan.forecast.push_back(std::move(r));
  }
}

void show::override_weather(const weather_order& order, std::uint64_t from) {
  weather_.apply(order, from);
  slots_.forget();
  changed_.emplace_back("weather");
}

std::int64_t show::seconds_at(std::uint64_t seq) const noexcept {
  const auto days = (calendar_.date_of(seq) - calendar_.first_date).count();
  const auto slot = static_cast<std::int64_t>((std::max<std::uint64_t>(seq, 1) - 1) % static_cast<std::uint64_t>(calendar_.segments_per_hour));
  return days * 86'400 + calendar_.hour_of(seq) * 3'600 + slot * 3'600 / calendar_.segments_per_hour;
}

void show::set_lore(segment_plan& plan) const {
  plan.lore.clear();
  auto found = lore_->find(plan, seconds_at(plan.seq));
  if (found)
    plan.lore = std::move(found.value());
  else
    lore_failure_ = found.error();
}

std::function<bool(const std::string&)> show::resting_subjects(const segment_plan& plan,
                                                               const heard_before& heard) const {
  if (!heard.window || !heard.rules) return {};
  auto resting = resting_keys(*heard.rules, *heard.window, plan.position.day, plan.position.hour);
  if (resting.empty()) return {};
  return [this, rules = heard.rules, resting = std::move(resting)](const std::string& subject) {
    auto at = named_.find(subject);
    if (at == named_.end()) at = named_.emplace(subject, named_keys(*rules, subject)).first;
    return std::any_of(at->second.begin(), at->second.end(), [&](const std::string& key) {
      return std::find(resting.begin(), resting.end(), key) != resting.end();
    });
  };
}

void show::dress(segment_plan& plan, const heard_before& heard) const {
  if (plan.type == segment_type::gossip)
    plan.gossip = gossip_.pick(plan.seq, plan.position.day, resting_subjects(plan, heard));
  if (plan.type == segment_type::news) plan.news = news_.pick(plan.seq, resting_subjects(plan, heard));
  if (plan.type == segment_type::weather || plan.type == segment_type::emergency_weather) set_forecast(plan);
  plan.structure = variety_.structure(plan.type, plan.seq);
  plan.catchphrase = variety_.catchphrase(plan.type, plan.seq, plan.position.day);
  plan.hints.recent_openings = memory_.recent_openings();
  plan.hints.recent_catchphrases = variety_.recent_catchphrases();
  plan.hints.recent_topics = memory_.recent_topics();
  plan.hints.last_structure = variety_.last_structure(plan.type);
  if (reads_prompts_) plan.session = memory_.excerpts();
  if (lore_) set_lore(plan);
}

std::shared_ptr<const segment_plan> show::plan(std::uint64_t seq, const heard_before& heard) const {
  if (is_stories()) return plan_story_run(seq);
  auto plan = std::make_shared<segment_plan>();
  plan->seq = seq;
  plan->position = calendar_.position_of(seq);
  plan->segments_per_hour = calendar_.segments_per_hour;
  plan->min_words = broadcast_min_words;
  plan->max_words = broadcast_max_words;
  set_weather(*plan);
  const slot_type fixed = slots_.at(weather_, seq);
  if (fixed) {
    plan->type = *fixed;
  } else {
    if (config_.stories_enabled) plan->beat = arcs_.choose(moment(seq, true));
    plan->type = plan->beat ? segment_type::story : segment_type::gossip;
  }
  dress(*plan, heard);
  return plan;
}

std::shared_ptr<const segment_plan> show::plan_story_run(std::uint64_t seq) const {
  auto plan = std::make_shared<segment_plan>();
  plan->seq = seq;
  plan->type = segment_type::story;
  plan->position = position_of(seq);
  plan->language = config_.language;
  plan->target_length = config_.target_length;
  plan->min_words = story_min_words;
  plan->max_words = story_max_words;
  const auto untold = [&](const story_skeleton& s) { return !registry_.told(story_signature(core_of(s))); };
  const story_skeleton* s = config_.dedup_enabled ? loop_.choose(seq, untold) : loop_.choose(seq);
  if (config_.dedup_enabled && config_.dedup_policy == "strict") plan->told_before = !s || !untold(*s);
  if (!s) s = loop_.choose(seq); // all were told: the text still has to differ
  if (s) plan->skeleton = *s;
  plan->structure = variety_.structure(plan->type, seq);
  plan->hints.recent_openings = memory_.recent_openings();
  plan->hints.last_structure = variety_.last_structure(plan->type);
  return plan;
}

std::shared_ptr<const segment_plan> show::with_other_template(const segment_plan& plan) const {
  if (!is_stories() || !plan.skeleton) return nullptr;
  const auto any_other = [&](const story_skeleton& s) { return s.template_id != plan.skeleton->template_id; };
  const auto untold = [&](const story_skeleton& s) {
    return any_other(s) && !registry_.told(story_signature(core_of(s)));
  };
  const story_skeleton* s = loop_.choose(plan.seq, untold, 1);
  if (!s) s = loop_.choose(plan.seq, any_other, 1);
  if (!s) return nullptr;
  auto changed = std::make_shared<segment_plan>(plan);
  changed->skeleton = *s;
  return changed;
}

std::shared_ptr<const story_memory> show::stories_before() const {
  return is_stories() ? registry_.snapshot() : nullptr;
}

std::shared_ptr<const segment_plan> show::without_story(const segment_plan& plan) const {
  auto other = std::make_shared<segment_plan>(plan);
  if (is_stories() || other->type != segment_type::story) return other;
  other->type = segment_type::gossip;
  other->beat.reset();
  dress(*other);
  return other;
}

// ---- settling ---------------------------------------------------------------------------------------------------

void show::settle(const segment_plan& plan, const settled_segment& result) {
  // A dropped beat was not told: the segment counts as the rumour that `without_story` gives, whichever plan comes.
  const bool dropped = result.story_dropped && plan.beat && !is_stories();
  const auto fallback = dropped ? without_story(plan) : std::shared_ptr<const segment_plan>();
  const segment_plan& told = fallback ? *fallback : plan;
  seq_ = plan.seq;
  changed_.emplace_back("show");
  if (is_stories()) {
    loop_.settled(plan.skeleton ? plan.skeleton->template_id : std::string(), result.accepted);
    changed_.emplace_back("templates");
    if (result.accepted && plan.skeleton) {
      const auto core = core_of(*plan.skeleton);
      registry_.add({result.file_stem, config_.run_id, plan.seq, result.title, plan.skeleton->template_id,
                     story_signature(core), core, result.words});
    }
  } else {
    settle_broadcast(told, plan.beat ? &*plan.beat : nullptr, result);
  }
  if (lore_) {
    if (fallback) lore_->settle(plan, seconds_at(seq_), false); // it was asked for before the story was dropped
    lore_->settle(told, seconds_at(seq_), result.accepted);
  }
  if (!result.accepted) return;
  ++accepted_;
  ++by_type_[static_cast<std::size_t>(told.type)];
  variety_.used(told, told.type, result.variety);
  changed_.emplace_back("variety");
  changed_.push_back(memory_.remember(told, told.type, result.text, result.variety, reads_prompts_));
}

void show::settle_broadcast(const segment_plan& told, const story_beat* beat, const settled_segment& result) {
  const int day = told.position.day;
  if (told.seq > 1 && calendar_.day_of(told.seq - 1) != day) gossip_.begin_day(day);
  if (result.accepted && told.gossip) gossip_.told(*told.gossip, told.seq, day);
  if (result.accepted && told.news) {
    news_.told(*told.news);
    changed_.emplace_back("news");
  }
  if (config_.stories_enabled) {
    const bool aired = result.accepted && !result.story_dropped;
    arcs_.settle(moment(told.seq, false), beat, aired, aired && beat && beat->callback && result.text && says_callback(*beat, *result.text));
  }
}

std::vector<checkpoint_kind> show::checkpoints_due(std::uint64_t seq) const {
  std::vector<checkpoint_kind> due;
  if (is_stories() || seq == 0) return due;
  const auto interval = static_cast<std::uint64_t>(std::max(config_.checkpoint_interval_hours, 1));
  if (calendar_.last_of_hour(seq) && calendar_.hours_done(seq) % interval == 0) due.push_back(checkpoint_kind::hourly);
  if (calendar_.last_of_day(seq)) {
    due.push_back(checkpoint_kind::daily);
    if (calendar_.day_of(seq) % 7 == 0) due.push_back(checkpoint_kind::weekly);
  }
  return due;
}

// ---- saving -----------------------------------------------------------------------------------------------------

std::string show::counts_text() const {
  std::string out;
  json_writer w(out);
  w.begin_object().name("accepted").number(accepted_).name("by_type").begin_object();
  for (const auto type : segment_types_by_name) {
    const auto count = by_type_[static_cast<std::size_t>(type)];
    if (count > 0) w.name(to_string(type)).number(count);
  }
  w.end_object().name("seq").number(seq_).end_object();
  return out;
}

std::string show::piece_text(const std::string& name) const {
  const auto under = [&](std::string_view prefix) { return name.rfind(prefix, 0) == 0; };
  if (name == "show") return counts_text();
  std::string out;
  if (name == "variety")
    variety_.append_piece(out);
  else if (under("memory/"))
    memory_.append_piece(out, name);
  else if (under("gossip"))
    gossip_.append_piece(out, name);
  else if (name == "stories" || under("story/") || under("aired/"))
    arcs_.append_piece(out, name);
  else if (lore_ && (name == "lore" || under("lore/")))
    lore_->append_piece(out, name);
  else // subjects may come from model output: bytes that are no UTF-8 must not end the run
    out = piece(name).dump(-1, ' ', false, json::error_handler_t::replace);
  return out;
}

json show::piece(const std::string& name) const {
  if (name == "show") return json::parse(counts_text());
  if (name == "news") return news_.piece();
  if (name == "weather") return weather_.piece();
  if (name == "variety") return variety_.piece();
  if (name == "templates") return loop_.piece();
  if (name.rfind("registry/", 0) == 0) return registry_.piece(name);
  if (name.rfind("memory/", 0) == 0) return memory_.piece(name);
  if (name.rfind("gossip", 0) == 0) return gossip_.piece(name);
  if (name == "lore" || name.rfind("lore/", 0) == 0) return json::parse(piece_text(name));
  return arcs_.piece(name);
}

std::vector<std::pair<std::string, std::string>> show::take_changes() {
  for (auto& name : gossip_.take_changed()) changed_.push_back(std::move(name));
  for (auto& name : arcs_.take_changed()) changed_.push_back(std::move(name));
  for (auto& name : registry_.take_changed()) changed_.push_back(std::move(name));
  if (lore_)
    for (auto& name : lore_->take_changed()) changed_.push_back(std::move(name));
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(changed_.size());
  for (auto& name : changed_) {
    std::string text = piece_text(name);
    out.emplace_back(std::move(name), std::move(text));
  }
  changed_.clear();
  return out;
}

std::map<std::string, json> show::all_pieces() const {
  std::map<std::string, json> out;
  const auto add = [&](const std::vector<std::string>& names) {
    for (const auto& name : names) out[name] = piece(name);
  };
  add({"show", "variety"});
  add(memory_.piece_names());
  if (is_stories()) {
    add({"templates"});
    add(registry_.piece_names());
    return out;
  }
  add({"news"});
  if (!weather_.overrides().empty()) add({"weather"});
  add(gossip_.piece_names());
  if (config_.stories_enabled) add(arcs_.piece_names());
  if (lore_) add(lore_->piece_names());
  return out;
}

bool show::load(const std::string& name, const json& piece) {
  const auto under = [&](std::string_view prefix) { return name.rfind(prefix, 0) == 0; };
  if (name == "show") {
    piece.at("seq").get_to(seq_);
    piece.at("accepted").get_to(accepted_);
    for (const auto& [type, count] : piece.at("by_type").items()) {
      if (const auto t = parse_segment_type(type)) by_type_[static_cast<std::size_t>(*t)] = count.get<std::uint64_t>();
    }
  } else if (name == "news") {
    news_.load(piece);
  } else if (name == "weather") {
    weather_.load(piece);
  } else if (name == "variety") {
    variety_.load(piece);
  } else if (name == "templates") {
    loop_.load(piece);
  } else if (under("registry/")) {
    registry_.load(piece);
  } else if (under("memory/")) {
    memory_.load(name, piece);
  } else if (name == "gossip" || under("gossip/")) {
    gossip_.load(name, piece);
  } else if (name == "stories" || under("story/") || under("aired/")) {
    arcs_.load(name, piece);
  } else if (lore_ && (name == "lore" || under("lore/"))) {
    lore_->load(name, piece);
  } else {
    return false;
  }
  return true;
}

result<show> show::restore(const run_config& config, std::shared_ptr<const content_pack> pack,
                           const std::map<std::string, json>& state, story_memory elsewhere,
                           std::shared_ptr<const lore_source> lore) {
  show s(config, std::move(pack), std::move(elsewhere), std::move(lore));
  for (const auto& [name, piece] : state) {
    if (piece.is_null()) continue;
    try {
      s.load(name, piece);
    } catch (const json::exception& e) {
      return failure{error_code::store_damaged, "cannot load the world of run " + config.run_id,
                     "piece '" + name + "': " + e.what(), "run `longwave repair`"};
    }
  }
  return s;
}

// ---- views ------------------------------------------------------------------------------------------------------

json show::story_status() const { return arcs_.status(moment(seq_, false)); }

json show::weather_status() const {
  if (is_stories()) return nullptr;
  const auto now = weather_.report(std::max<std::uint64_t>(seq_, 1));
  json j = {{"region", weather_.region()},
            {"type", now.type},
            {"intensity", now.intensity},
            {"temperature_f", now.temperature_f},
            {"emergency", now.emergency},
            {"order", nullptr}};
  if (weather_.overrides().open()) {
    j["order"] = weather_.piece().at("overrides").back();
    j["order"].erase("to");
  }
  return j;
}

json show::stories_view() const { return is_stories() ? registry_.view() : arcs_.view(); }

json show::world_view() const {
  json view = json::parse(counts_text());
  view["position"] = position_of(seq_);
  view["variety"] = variety_.piece();
  view["memory"] = memory_.view();
  if (is_stories()) {
    view["templates"] = loop_.piece();
    return view;
  }
  segment_plan now;
  now.seq = std::max<std::uint64_t>(seq_, 1);
  set_weather(now);
  view["creation_date"] = format_date(calendar_.first_date);
  view["last_broadcast"] = seq_ == 0 ? json() : json(calendar_.position_of(seq_).broadcast_date);
  view["broadcast_hours"] = calendar_.hours_done(seq_);
  view["weather"] = {{"region", weather_.region()},
                     {"type", now.weather.type},
                     {"intensity", now.weather.intensity},
                     {"temperature_f", now.weather.temperature_f},
                     {"emergency", now.weather.emergency},
                     {"event", now.weather.event.empty() ? json() : json(now.weather.event)},
                     {"overrides", weather_.piece().at("overrides")}};
  view["gossip"] = gossip_.view();
  view["news"] = news_.piece();
  view["stories"] = arcs_.piece("stories");
  if (lore_) view["lore"] = lore_->view();
  return view;
}

} // namespace longwave
