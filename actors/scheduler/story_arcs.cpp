// Choosing, moving on and ending stories.
#include "actors/scheduler/story_arcs.hpp"

#include "messages/json_text.hpp"
#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

namespace longwave {

namespace {

using nlohmann::json;

/// Chance that an open slot tells a story; far lower right after one, so that stories and gossip take turns. Together
/// about half of all fillers, music included.
constexpr double chance_after_story = 0.40;
constexpr double chance_after_other = 0.88;
constexpr double chance_when_overdue = 0.9;
/// Planned beats that may fail in a row before another story is begun instead.
constexpr int false_start_limit = 3;
/// Ended airings that are kept beyond the newest one of each story.
constexpr std::size_t archive_limit = 1000;

std::size_t place(timeline line) noexcept { return static_cast<std::size_t>(line); }

constexpr std::string_view archive_prefix = "aired/";

std::string arc_name(const std::string& id) { return "story/" + id; }
std::string archive_name(const std::string& id) { return std::string(archive_prefix) + id; }

/// An airing's id taken apart: "<story_id>" or "<story_id>#<number>".
struct airing_name {
  std::string story;
  int number = 1;
};

airing_name parse_airing(std::string_view id) {
  const auto mark = id.rfind('#');
  airing_name out{std::string(id.substr(0, mark)), 1};
  if (mark != std::string_view::npos) std::from_chars(id.data() + mark + 1, id.data() + id.size(), out.number);
  return out;
}

/// Slots that a number of acts needs so that some may fail.
std::uint64_t with_reserve(std::size_t acts) { return acts + (acts + 1) / 2 + 2; }

/// Mean of a sum in thousandths, three decimals; null for no beats.
json mean_of(std::int64_t sum, int count) {
  if (count == 0) return nullptr;
  return std::round(static_cast<double>(sum) / count) / 1000;
}

/// Airings that a story takes when nothing hurries it.
double usual_airings(const story_record& s) {
  double n = 0;
  for (const auto& act : s.acts) {
    const act_limits l = limits_of(s.line, act);
    const double more = 1 / rule_of(s.line).advance_chance - 1;
    n += l.least + std::min<double>(l.most - l.least, more);
  }
  return n;
}

} // namespace

story_arcs::story_arcs(std::uint64_t seed, const dj_profile& dj, const std::vector<story_record>& stories,
                       escalation_mode mode)
  : seed_(seed), dj_(&dj), mode_(mode), pool_(seed, dj, stories) {}

std::string story_arcs::id_of(const airing& a) const { return airing_id(pool_.story(a.story).story_id, a.number); }

std::size_t story_arcs::acts_left(const airing& a) const {
  const std::size_t left = a.aired.size() - a.act;
  return a.aired[a.act].empty() ? left : left - 1;
}

std::size_t story_arcs::all_acts_left() const {
  std::size_t n = 0;
  for (const auto& a : active_) n += a ? acts_left(*a) : 0;
  return n;
}

bool story_arcs::is_tight(const arc_moment& now) const {
  const std::size_t left = all_acts_left();
  return left > 0 ? now.open_slots <= with_reserve(left) : now.open_slots == 0;
}

std::uint64_t story_arcs::deadline(const airing& a, const arc_moment& now) const {
  const story_record& s = pool_.story(a.story);
  // On a station with few slots a day, calendar days alone would make every story late.
  const auto days = static_cast<std::uint64_t>(rule_of(s.line).days) * now.segments_per_day;
  const auto beats = static_cast<std::uint64_t>(std::ceil(usual_airings(s))) * 6;
  return a.started + std::max(days, beats);
}

bool story_arcs::excluded(std::size_t story) const {
  const auto line = place(pool_.story(story).line);
  if (active_[line] && active_[line]->story == story) return true;
  const false_start& f = false_starts_[line];
  return f.misses >= false_start_limit && f.story == pool_.story(story).story_id;
}

bool story_arcs::fits_in(std::size_t story, const arc_moment& now) const {
  const story_record& s = pool_.story(story);
  if (now.open_slots < with_reserve(all_acts_left() + s.acts.size()) + 1) return false;
  if (s.line != timeline::daily) {
    const std::uint64_t days_left = now.segments_left / now.segments_per_day;
    if (days_left < static_cast<std::uint64_t>(rule_of(s.line).days_to_start)) return false;
    // A long story shall not have to be hurried through: half of the open slots must hold it and what is running.
    double needed = usual_airings(s);
    for (const auto& a : active_) {
      if (a) needed += usual_airings(pool_.story(a->story));
    }
    if (static_cast<double>(now.open_slots) * 0.5 < needed) return false;
  }
  double complexity = story_complexity(s);
  int running = 1;
  for (const auto& a : active_) {
    if (!a) continue;
    complexity += story_complexity(pool_.story(a->story));
    ++running;
  }
  return running <= concurrent_limit(complexity / running);
}

std::optional<std::size_t> story_arcs::story_to_begin(timeline line, const arc_moment& now) const {
  // A sequel has been announced: it comes before the pool.
  if (const auto& next = waiting_[place(line)]; next && !excluded(next->story) && fits_in(next->story, now))
    return next->story;
  const auto freed = freed_[place(line)];
  if (freed != 0 && now.seq - freed <= rule_of(line).cooldown) return std::nullopt;
  const auto story = pool_.next(line, now.day, [&](std::size_t i) { return excluded(i); });
  if (!story || !fits_in(*story, now)) return std::nullopt;
  return story;
}

std::vector<story_arcs::candidate> story_arcs::candidates(const arc_moment& now, bool tight) const {
  std::vector<candidate> out;
  for (timeline line : all_timelines) {
    const auto& a = active_[place(line)];
    if (!a) {
      if (tight) continue;
      if (const auto story = story_to_begin(line, now)) out.push_back({line, nullptr, *story, 0, false});
      continue;
    }
    const bool overdue = now.seq > deadline(*a, now);
    if (!tight && now.seq - a->last <= rule_of(line).spacing) continue;
    candidate c{line, &*a, a->story, a->act, overdue};
    const bool hurry = tight || overdue;
    if (hurry && !a->aired[a->act].empty() && a->act + 1 < a->aired.size()) ++c.act;
    out.push_back(c);
  }
  return out;
}

const story_arcs::candidate& story_arcs::draw(const std::vector<candidate>& from, const arc_moment& now,
                                              bool tight) const {
  if (tight) {
    // Most acts left first; one that keeps failing waits for the others.
    return *std::min_element(from.begin(), from.end(), [&](const candidate& a, const candidate& b) {
      if (a.arc->misses != b.arc->misses) return a.arc->misses < b.arc->misses;
      return acts_left(*a.arc) > acts_left(*b.arc);
    });
  }
  double total = 0;
  const bool any_overdue = std::any_of(from.begin(), from.end(), [](const candidate& c) { return c.overdue; });
  const auto weight = [&](const candidate& c) { return any_overdue && !c.overdue ? 0.0 : rule_of(c.line).inclusion; };
  for (const auto& c : from) total += weight(c);
  double at = random_stream(seed_, now.seq, 0, "timeline").fraction() * total;
  const candidate* chosen = nullptr;
  for (const auto& c : from) {
    if (weight(c) <= 0) continue;
    chosen = &c;
    if (at < weight(c)) break;
    at -= weight(c);
  }
  return *chosen;
}

story_beat story_arcs::beat_of(const candidate& c) const {
  const story_record& s = pool_.story(c.story);
  const int number = c.arc ? c.arc->number : pool_.airings(c.story) + 1;
  int telling = 0;
  if (c.arc) {
    telling = c.arc->offsets[c.act] + static_cast<int>(c.arc->aired[c.act].size());
  } else if (const auto& offsets = pool_.telling_offsets(c.story); c.act < offsets.size()) {
    telling = offsets[c.act];
  }
  return make_beat(s, *dj_, number, c.act, telling);
}

std::optional<story_beat> story_arcs::choose(const arc_moment& now) const {
  const bool tight = is_tight(now);
  const auto from = candidates(now, tight);
  if (from.empty()) return std::nullopt;
  if (!tight) {
    const bool overdue = std::any_of(from.begin(), from.end(), [](const candidate& c) { return c.overdue; });
    const bool just_told = last_beat_ != 0 && last_beat_ + 1 == now.seq;
    const double chance = overdue ? chance_when_overdue : just_told ? chance_after_story : chance_after_other;
    if (!random_stream(seed_, now.seq, 0, "story").chance(chance)) return std::nullopt;
  }
  const candidate& chosen = draw(from, now, tight);
  story_beat beat = beat_of(chosen);
  beat.callback = callback_for(chosen, now);
  return beat;
}

// ---- callbacks ----------------------------------------------------------------------------------------------------

const story_names& story_arcs::names_of(std::size_t story) const {
  const auto at = names_.find(story);
  return at != names_.end() ? at->second : names_.emplace(story, story_names(pool_.story(story))).first->second;
}

bool story_arcs::rests(const std::string& past, int day) const {
  return std::any_of(referred_.begin(), referred_.end(), [&](const referred& r) {
    return r.id == past && day - r.day < callback_rules{}.rest_days;
  });
}

/// A look back at a story that was told to its end on an earlier day, the closest ones first; mostly none.
std::optional<story_callback> story_arcs::callback_for(const candidate& c, const arc_moment& now) const {
  constexpr callback_rules limits;
  if (last_callback_ != 0 && now.seq - last_callback_ <= limits.spacing) return std::nullopt;
  random_stream stream(seed_, now.seq, 0, "callback");
  if (!stream.chance(limits.chance)) return std::nullopt;
  if (c.arc && !c.arc->callbacks.empty()) {
    const auto& of_act = c.arc->aired[c.act];
    if (std::find(of_act.begin(), of_act.end(), c.arc->callbacks.back().first) != of_act.end()) return std::nullopt;
  }
  std::vector<std::pair<const airing*, callback_link>> closest;
  for (const auto& past : archive_) {
    if (!past.completed || past.ended_day >= now.day || past.story == c.story || rests(id_of(past), now.day)) continue;
    callback_link link;
    if (!names_of(c.story).tie_to(pool_.story(past.story), names_of(past.story), link)) continue;
    if (!closest.empty() && link.tie > closest.front().second.tie) continue;
    if (!closest.empty() && link.tie < closest.front().second.tie) closest.clear();
    closest.emplace_back(&past, std::move(link));
  }
  if (closest.empty()) return std::nullopt;
  const auto& [past, link] = closest[stream.below(closest.size())];
  return make_callback({&pool_.story(past->story), id_of(*past), past->ended_day, past->ended}, link, now.day);
}

void story_arcs::note_callback(airing& a, const arc_moment& now, const story_callback& callback) {
  a.callbacks.emplace_back(now.seq, callback.id);
  std::erase_if(referred_, [&](const referred& r) {
    return r.id == callback.id || now.day - r.day >= callback_rules{}.rest_days;
  });
  referred_.push_back({callback.id, now.day});
  last_callback_ = now.seq;
  ++callbacks_;
}

void story_arcs::miss(const story_beat& beat) {
  auto& a = active_[place(beat.line)];
  if (a && id_of(*a) == beat.id) {
    ++a->misses;
    changed_.push_back(arc_name(beat.id));
    return;
  }
  false_start& f = false_starts_[place(beat.line)];
  const std::string story = parse_airing(beat.id).story;
  if (f.story != story) f = {story, 0};
  ++f.misses;
  changed_.emplace_back("stories");
}

double story_arcs::engagement_of(const airing& a) const {
  if (a.broadcasts == 0) return 0;
  engagement_input in;
  in.line = pool_.story(a.story).line;
  in.broadcasts = a.broadcasts;
  in.variety = static_cast<double>(a.variety) / 1000 / a.broadcasts;
  in.pacing = static_cast<double>(a.pacing) / 1000 / a.broadcasts;
  in.progress = static_cast<double>(a.aired.size() - acts_left(a)) / static_cast<double>(a.aired.size());
  return engagement_score(in);
}

act_limits story_arcs::limits_of_act(const airing& a) const {
  const story_record& s = pool_.story(a.story);
  const auto line = a.slowed ? static_cast<timeline>(static_cast<int>(s.line) - 1) : s.line;
  return limits_of(line, s.acts[a.act]);
}

/// Counts a beat that was aired; `a.act` is the act it told, `a.last` still the beat before.
void story_arcs::note_beat(airing& a, const arc_moment& now) {
  const story_record& s = pool_.story(a.story);
  std::vector<std::vector<std::uint32_t>> before;
  for (const auto& [story, act] : last_beats_) before.push_back(beat_marks(pool_.story(story).acts[act]));
  const double diversity = beat_diversity(beat_marks(s.acts[a.act]), before);
  const double pacing = beat_pacing(s.line, a.broadcasts == 0 ? 0 : now.seq - a.last);
  a.variety += std::llround(diversity * 1000);
  a.pacing += std::llround(pacing * 1000);
  ++a.broadcasts;
  last_beats_.emplace_back(a.story, a.act);
  if (last_beats_.size() > engagement_rules{}.compared_beats) last_beats_.erase(last_beats_.begin());
}

/// The story has aired its last act: it may grow into a longer one (contract 8.31).
void story_arcs::maybe_escalate(airing& a, const arc_moment& now) {
  const story_record& s = pool_.story(a.story);
  const auto to = escalated_line(s.line);
  if (!to || waiting_[place(*to)]) return;
  std::vector<std::string> places = s.locations;
  places.push_back(s.region);
  escalation_input in;
  in.line = s.line;
  in.engagement = engagement_of(a);
  in.broadcasts = a.broadcasts;
  for (auto name = parse_sequel(s.story_id); name; name = parse_sequel(name->parent)) ++in.count;
  if (a.born_hour >= 0) in.hours_since_last = now.hour - a.born_hour;
  in.factions = s.factions;
  in.locations = places;
  const double chance = escalation_chance(in, mode_);
  if (chance <= 0 || !random_stream(seed_, now.seq, 0, "escalation").chance(chance)) return;
  const auto sequel = pool_.find(escalated_id(s.story_id, *to));
  if (!sequel || !fits_in(*sequel, now)) return;
  waiting_[place(*to)] = waiting_sequel{*sequel, now.hour};
  a.escalated_to = airing_id(pool_.story(*sequel).story_id, pool_.airings(*sequel) + 1);
  ++escalated_;
}

void story_arcs::air(const arc_moment& now, const story_beat& beat, bool called_back) {
  auto& slot = active_[place(beat.line)];
  if (!slot) {
    const auto story = pool_.find(parse_airing(beat.id).story);
    if (!story) return;
    airing fresh;
    fresh.story = *story;
    fresh.number = pool_.airings(*story) + 1;
    const std::size_t acts = pool_.story(*story).acts.size();
    fresh.aired.resize(acts);
    fresh.offsets = pool_.telling_offsets(*story);
    fresh.offsets.resize(acts, 0);
    fresh.started = now.seq;
    if (auto& next = waiting_[place(beat.line)]; next && next->story == *story) {
      fresh.born_hour = next->hour;
      next.reset();
    }
    slot = std::move(fresh);
    false_starts_[place(beat.line)] = {};
  }
  airing& a = *slot;
  if (id_of(a) != beat.id) return;
  last_beat_ = now.seq;
  changed_.emplace_back("stories");
  changed_.push_back(arc_name(beat.id));
  a.act = static_cast<std::size_t>(beat.act - 1);
  a.aired[a.act].push_back(now.seq);
  note_beat(a, now);
  if (called_back && beat.callback) note_callback(a, now, *beat.callback);
  a.last = now.seq;
  a.misses = 0;
  const story_record& s = pool_.story(a.story);
  if (!a.slowed) a.slowed = must_deescalate(s.line, a.broadcasts, engagement_of(a));
  const act_limits limits = limits_of_act(a);
  const int times = static_cast<int>(a.aired[a.act].size());
  const bool hurry = is_tight(now) || now.seq > deadline(a, now);
  const bool rolled = random_stream(seed_, now.seq, 0, "act").chance(rule_of(s.line).advance_chance);
  if (times < limits.most && !(times >= limits.least && rolled) && !hurry) return;
  if (a.act + 1 < a.aired.size()) {
    ++a.act;
  } else {
    end(s.line, now, true);
  }
}

void story_arcs::settle(const arc_moment& now, const story_beat* beat, bool aired, bool called_back) {
  if (beat && aired) air(now, *beat, called_back);
  if (beat && !aired) miss(*beat);
  const bool tight = is_tight(now);
  for (timeline line : all_timelines) {
    const auto& a = active_[place(line)];
    if (!a) continue;
    const std::uint64_t due = deadline(*a, now);
    // Told to its last act, and no time for another telling of that act.
    if (acts_left(*a) == 0 && (tight || now.seq > due)) {
      end(line, now, true);
    } else if (now.seq > a->started + 2 * (due - a->started)) {
      end(line, now, false);
    }
  }
  if (std::find(changed_.begin(), changed_.end(), "stories") == changed_.end()) return;
  for (timeline line : all_timelines) left_[place(line)] = stock_left(line, now);
}

void story_arcs::end(timeline line, const arc_moment& now, bool completed) {
  airing a = std::move(*active_[place(line)]);
  active_[place(line)].reset();
  a.completed = completed;
  a.ended = now.seq;
  a.ended_day = now.day;
  ++(completed ? completed_ : abandoned_);
  freed_[place(line)] = now.seq;
  std::vector<int> offsets = a.offsets;
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] += static_cast<int>(a.aired[i].size());
  pool_.ended(a.story, a.number, now.day, now.seq, completed, std::move(offsets));
  if (completed) maybe_escalate(a, now);
  const std::string id = id_of(a);
  changed_.push_back(arc_name(id));
  changed_.push_back(archive_name(id));
  changed_.emplace_back("stories");
  file(std::move(a));
  prune();
}

void story_arcs::file(airing a) {
  // Two may end in one segment; the order must be the same after a restart.
  const auto sooner = [&](const airing& x, const airing& y) {
    if (x.ended != y.ended) return x.ended < y.ended;
    return pool_.story(x.story).line < pool_.story(y.story).line;
  };
  const auto at = std::upper_bound(archive_.begin(), archive_.end(), a, sooner);
  archive_.insert(at, std::move(a));
}

void story_arcs::prune() {
  while (archive_.size() > archive_limit) {
    // The newest airing of a story tells which number comes next and which wordings; older ones may go.
    const auto old = std::find_if(archive_.begin(), archive_.end(),
                                  [&](const airing& a) { return a.number < pool_.airings(a.story); });
    if (old == archive_.end()) return;
    changed_.push_back(archive_name(id_of(*old)));
    archive_.erase(old);
  }
}

std::vector<std::string> story_arcs::take_changed() {
  std::vector<std::string> out;
  out.swap(changed_);
  return out;
}

std::vector<std::string> story_arcs::piece_names() const {
  std::vector<std::string> out{"stories"};
  for (const auto& a : active_) {
    if (a) out.push_back(arc_name(id_of(*a)));
  }
  for (const auto& a : archive_) out.push_back(archive_name(id_of(a)));
  return out;
}

void story_arcs::append_json(std::string& out, const airing& a) const {
  json_writer w(out);
  w.begin_object().name("act").number(a.act + 1).name("aired").begin_list();
  for (const auto& seqs : a.aired) w.numbers(seqs);
  w.end_list().name("airing").number(a.number);
  if (a.born_hour >= 0) w.name("born_hour").number(a.born_hour);
  w.name("broadcasts").number(a.broadcasts);
  if (!a.callbacks.empty()) {
    w.name("callbacks").begin_list();
    for (const auto& [seq, id] : a.callbacks) w.begin_list().number(seq).text(id).end_list();
    w.end_list();
  }
  if (a.ended != 0) w.name("day").number(a.ended_day).name("ended").number(a.ended);
  if (!a.escalated_to.empty()) w.name("escalated_to").text(a.escalated_to);
  w.name("last").number(a.last);
  if (a.ended == 0) w.name("misses").number(a.misses);
  w.name("offsets").numbers(a.offsets).name("pacing").number(a.pacing);
  if (a.slowed) w.name("slowed").boolean(true);
  w.name("started").number(a.started);
  if (a.ended != 0) w.name("status").text(a.completed ? "completed" : "abandoned");
  w.name("story").text(pool_.story(a.story).story_id).name("variety").number(a.variety).end_object();
}

std::size_t story_arcs::saved_story(const std::string& id, const json& where) const {
  if (const auto story = pool_.find(id)) return *story;
  throw json::other_error::create(501, "the pack has no story \"" + id + "\"", &where);
}

story_arcs::airing story_arcs::from_json(const json& j) const {
  airing a;
  const auto id = j.at("story").get<std::string>();
  a.story = saved_story(id, j);
  j.at("airing").get_to(a.number);
  a.act = j.at("act").get<std::size_t>() - 1;
  j.at("aired").get_to(a.aired);
  j.at("offsets").get_to(a.offsets);
  j.at("started").get_to(a.started);
  j.at("last").get_to(a.last);
  j.at("broadcasts").get_to(a.broadcasts);
  j.at("variety").get_to(a.variety);
  j.at("pacing").get_to(a.pacing);
  a.slowed = j.value("slowed", false);
  a.born_hour = j.value("born_hour", std::int64_t{-1});
  a.escalated_to = j.value("escalated_to", std::string());
  if (const auto at = j.find("callbacks"); at != j.end()) {
    for (const json& c : *at) a.callbacks.emplace_back(c.at(0).get<std::uint64_t>(), c.at(1).get<std::string>());
  }
  const std::size_t acts = pool_.story(a.story).acts.size();
  if (a.aired.size() != acts || a.offsets.size() != acts || a.act >= acts) {
    throw json::other_error::create(501, "story \"" + id + "\" has other acts than when it was saved", &j);
  }
  if (j.contains("status")) {
    a.completed = j.at("status").get<std::string>() == "completed";
    j.at("ended").get_to(a.ended);
    j.at("day").get_to(a.ended_day);
  } else {
    j.at("misses").get_to(a.misses);
  }
  return a;
}

void story_arcs::append_counts(std::string& out) const {
  // Timelines in the order of their names, as objects are written.
  constexpr std::array by_name{timeline::daily, timeline::monthly, timeline::weekly, timeline::yearly};
  json_writer w(out);
  w.begin_object().name("abandoned").number(abandoned_);
  if (callbacks_ > 0) {
    w.name("callbacks").begin_object().name("count").number(callbacks_).name("last").number(last_callback_);
    w.name("resting").begin_list();
    for (const referred& r : referred_) w.begin_list().text(r.id).number(r.day).end_list();
    w.end_list().end_object();
  }
  w.name("completed").number(completed_);
  w.name("escalated").number(escalated_).name("false_starts").begin_object();
  for (timeline line : by_name) {
    const false_start& f = false_starts_[place(line)];
    if (f.misses > 0)
      w.name(to_string(line)).begin_object().name("misses").number(f.misses).name("story").text(f.story).end_object();
  }
  w.end_object().name("freed").begin_object();
  for (timeline line : by_name)
    if (freed_[place(line)] != 0) w.name(to_string(line)).number(freed_[place(line)]);
  w.end_object().name("last_beat").number(last_beat_).name("last_beats").begin_list();
  for (const auto& [story, act] : last_beats_)
    w.begin_list().text(pool_.story(story).story_id).number(act + 1).end_list();
  w.end_list().name("pools").begin_object();
  for (timeline line : by_name) {
    const story_pool::stock& left = left_[place(line)];
    w.name(to_string(line)).begin_list().number(left.stories).number(pool_.initial(line)).number(left.acts).end_list();
  }
  w.end_object().name("waiting").begin_object();
  for (timeline line : by_name)
    if (const auto& next = waiting_[place(line)])
      w.name(to_string(line)).begin_object().name("hour").number(next->hour).name("story")
        .text(pool_.story(next->story).story_id).end_object();
  w.end_object().end_object();
}

void story_arcs::append_piece(std::string& out, std::string_view name) const {
  if (name == "stories") return append_counts(out);
  for (const auto& a : active_) {
    if (a && name == arc_name(id_of(*a))) return append_json(out, *a);
  }
  const airing_name wanted = parse_airing(name.substr(std::min(name.size(), archive_prefix.size())));
  const auto story = pool_.find(wanted.story);
  const auto at = !story || !name.starts_with(archive_prefix)
                    ? archive_.end()
                    : std::find_if(archive_.begin(), archive_.end(), [&](const airing& a) {
                        return a.story == *story && a.number == wanted.number;
                      });
  if (at == archive_.end())
    out += "null";
  else
    append_json(out, *at);
}

json story_arcs::piece(const std::string& name) const {
  std::string text;
  append_piece(text, name);
  return json::parse(text);
}

void story_arcs::load(const std::string& name, const json& piece) {
  if (name == "stories") {
    piece.at("completed").get_to(completed_);
    piece.at("abandoned").get_to(abandoned_);
    piece.at("last_beat").get_to(last_beat_);
    piece.at("escalated").get_to(escalated_);
    for (timeline line : all_timelines) {
      const json& left = piece.at("pools").at(std::string(to_string(line)));
      left_[place(line)] = {left.at(0).get<std::size_t>(), left.at(2).get<std::size_t>()};
    }
    if (const auto at = piece.find("callbacks"); at != piece.end()) {
      at->at("count").get_to(callbacks_);
      at->at("last").get_to(last_callback_);
      for (const json& r : at->at("resting")) referred_.push_back({r.at(0).get<std::string>(), r.at(1).get<int>()});
    }
    for (const auto& beat : piece.at("last_beats")) {
      const std::size_t story = saved_story(beat.at(0).get<std::string>(), beat);
      last_beats_.emplace_back(story, beat.at(1).get<std::size_t>() - 1);
      if (last_beats_.back().second >= pool_.story(story).acts.size())
        throw json::other_error::create(501, "a beat names an act that its story lacks", &beat);
    }
    for (timeline line : all_timelines) {
      const std::string key(to_string(line));
      if (piece.at("freed").contains(key)) piece.at("freed").at(key).get_to(freed_[place(line)]);
      if (piece.at("waiting").contains(key)) {
        const json& w = piece.at("waiting").at(key);
        waiting_[place(line)] =
          waiting_sequel{saved_story(w.at("story").get<std::string>(), w), w.at("hour").get<std::int64_t>()};
      }
      if (!piece.at("false_starts").contains(key)) continue;
      const json& f = piece.at("false_starts").at(key);
      false_starts_[place(line)] = {f.at("story").get<std::string>(), f.at("misses").get<int>()};
    }
    return;
  }
  airing a = from_json(piece);
  if (a.ended == 0) {
    active_[place(pool_.story(a.story).line)] = std::move(a);
    return;
  }
  std::vector<int> offsets = a.offsets;
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] += static_cast<int>(a.aired[i].size());
  pool_.ended(a.story, a.number, a.ended_day, a.ended, a.completed, std::move(offsets));
  file(std::move(a));
}

json story_arcs::status(const arc_moment& now) const {
  json active = json::array(), pools = json::object();
  std::uint64_t due = 0;
  std::size_t beats = 0;
  for (timeline line : all_timelines) {
    const story_pool::stock left = stock_left(line, now);
    const std::size_t initial = pool_.initial(line);
    const double percent = initial == 0 ? 0 : 100.0 * static_cast<double>(left.stories) / static_cast<double>(initial);
    pools[std::string(to_string(line))] = {
      {"remaining", left.stories}, {"initial", initial}, {"pct", std::round(percent * 10) / 10}};
    beats += left.acts;
    const auto& a = active_[place(line)];
    if (!a) continue;
    const std::size_t acts = a->aired.size();
    const double told = static_cast<double>(acts - acts_left(*a)) / static_cast<double>(acts);
    active.push_back({{"id", id_of(*a)},
                      {"timeline", to_string(line)},
                      {"act", a->act + 1},
                      {"acts_total", acts},
                      {"progress", std::round(told * 1000) / 1000},
                      {"status", stage_of(*a)},
                      {"engagement", engagement_of(*a)},
                      {"deadline", deadline(*a, now)}});
    beats += acts_left(*a);
    if (now.segments_left == 0 || now.seq > deadline(*a, now)) ++due;
  }
  return json{{"active", active}, {"completed", completed_}, {"abandoned", abandoned_},
              {"due", due},       {"escalated", escalated_}, {"pools", pools},
              {"beats_remaining", beats}, {"callbacks", callbacks_}};
}

/// What of a timeline's pool could be started: not what is being told, nor what could not be begun.
story_pool::stock story_arcs::stock_left(timeline line, const arc_moment& now) const {
  story_pool::stock left = pool_.available(line, now.day);
  const auto take = [&](std::size_t story) {
    if (pool_.is_sequel(story) || !pool_.available(story, now.day)) return;
    left.stories -= std::min<std::size_t>(left.stories, 1);
    left.acts -= std::min(left.acts, pool_.story(story).acts.size());
  };
  const auto& a = active_[place(line)];
  if (a) take(a->story);
  const false_start& f = false_starts_[place(line)];
  if (f.misses < false_start_limit) return left;
  if (const auto story = pool_.find(f.story); story && !(a && a->story == *story)) take(*story);
  return left;
}

/// active, climax or resolution, by the act that comes next (domain 10).
std::string_view story_arcs::stage_of(const airing& a) const {
  const std::string& type = pool_.story(a.story).acts[a.act].act_type;
  return type == "climax" ? "climax" : type == "resolution" ? "resolution" : "active";
}

json story_arcs::describe(const airing& a, std::string_view status) const {
  const story_record& s = pool_.story(a.story);
  json acts = json::array();
  for (std::size_t i = 0; i < a.aired.size(); ++i) {
    if (a.aired[i].empty()) continue;
    const story_act& act = s.acts[i];
    acts.push_back({{"act", i + 1},
                    {"act_type", act.act_type},
                    {"title", act.title},
                    {"summary", act.summary},
                    {"entities", act.entities},
                    {"conflict_level", act.conflict_level},
                    {"seqs", a.aired[i]}});
  }
  json j{{"id", id_of(a)},
         {"story_id", s.story_id},
         {"title", s.title},
         {"timeline", to_string(s.line)},
         {"status", status},
         {"acts_total", a.aired.size()},
         {"acts", acts},
         {"started", a.started},
         {"last", a.last},
         {"broadcasts", a.broadcasts},
         {"engagement", engagement_of(a)},
         {"factors", {{"variety", mean_of(a.variety, a.broadcasts)}, {"pacing", mean_of(a.pacing, a.broadcasts)}}},
         {"deescalated", a.slowed}};
  const auto parent = parse_sequel(s.story_id);
  int count = 0;
  for (auto name = parent; name; name = parse_sequel(name->parent)) ++count;
  j["escalated_from"] = parent ? json(parent->parent) : json();
  j["escalated_to"] = a.escalated_to.empty() ? json() : json(a.escalated_to);
  j["escalation_count"] = count;
  j["ended"] = a.ended == 0 ? json() : json(a.ended);
  j["callbacks"] = json::array();
  for (const auto& [seq, id] : a.callbacks) j["callbacks"].push_back({{"seq", seq}, {"to", id}});
  return j;
}

json story_arcs::view() const {
  json out = json::array();
  for (const auto& a : archive_) out.push_back(describe(a, a.completed ? "completed" : "abandoned"));
  for (const auto& a : active_) {
    if (a) out.push_back(describe(*a, stage_of(*a)));
  }
  // The other way round: who referred to a story.
  std::unordered_map<std::string, json> called;
  for (const json& from : out) {
    for (const json& c : from["callbacks"]) called[c["to"].get<std::string>()].push_back({{"seq", c["seq"]}, {"from", from["id"]}});
  }
  for (json& to : out) {
    const auto at = called.find(to["id"].get<std::string>());
    to["called_back"] = at == called.end() ? json::array() : at->second;
  }
  return out;
}

} // namespace longwave
