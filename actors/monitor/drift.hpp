// Does a long run wander off? The last segments against the run's own beginning: new words, phrases said again, share
// that passes, time a segment (domain 7.3). Everything follows from the records. Pure.
#pragma once

#include "actors/monitor/last_seen.hpp"
#include "actors/monitor/trend.hpp"
#include "messages/record.hpp"
#include "messages/status.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// Numbers of drift. The sources ask for pass rate and times "in the same way" as domain 7.3's windows and give no limits
/// for texts: all of these are our own choice. Sound offline runs (thirty days of five DJs, a year of Julie) came to a loss of
/// .24 of the new words and a gain of 5.9 points of phrases at worst; the limits lie half as far again beyond that.
struct drift_limits {
  /// Segments a window: two broadcast days at one an hour.
  std::size_t window = 32;
  /// Words of a phrase.
  std::size_t phrase_words = 4;
  /// One phrase in so many is looked at, chosen by its hash: the share among a window's some 1,000 is as good as among
  /// 4,000, and the table is a quarter.
  std::uint32_t one_phrase_in = 4;
  /// Relative loss of new words, and gain of phrases said again in points, from which a sign shows.
  double novelty_loss = 0.35;
  double reuse_gain = 0.10;
  /// Points that the share of passed segments, and of those that passed at once, must fall.
  double pass_loss = 0.10;
  double at_once_loss = 0.25;
};

/// Means over one window; what is not known is empty.
struct drift_figures {
  /// Share of a text's distinct words that the texts of the window before it did not have.
  std::optional<double> novelty;
  /// Share of its phrases that one of them had.
  std::optional<double> phrase_reuse;
  /// Of the segments that reached a verdict.
  std::optional<double> pass_rate;
  std::optional<double> first_attempt_pass_rate;
  /// Generation of one accepted segment, seconds.
  std::optional<double> segment_s;
};

/// Figures of one run, record after record. Memory: the words of one window of texts.
class segment_drift {
public:
  /// @param validated  the run validates; otherwise it has no pass rates
  explicit segment_drift(bool validated = true, drift_limits limits = {});

  void add(const segment_record& record);

  /// Forgets the texts of the window but not the beginning: for going on at a later place of a run. Two windows of texts
  /// later everything is as if nothing had been left out.
  void leap();

  /// The run's beginning; empty until something of it is complete. Texts are compared from the second window on, because in the first
  /// one everything is new.
  std::optional<drift_figures> baseline() const;
  /// The last window; empty until there is one.
  std::optional<drift_figures> recent() const;
  /// Whether the beginning is complete and lies behind the last window: nothing more is taken from the run's first records.
  bool has_beginning() const noexcept { return sampled_ == 2 * limits_.window; }

  /// novelty, phrase_reuse, pass_rate, first_attempt_pass_rate: what is worse now than at the beginning by more than its
  /// limit. None before the last window lies behind the beginning.
  std::vector<std::string> signs() const;

  const drift_limits& limits() const noexcept { return limits_; }

private:
  struct text_sample {
    double novelty = 0;
    double reuse = 0;
    double seconds = 0;
  };
  struct verdict_sample {
    bool passed = false;
    bool at_once = false;
  };

  void add_text(const segment_record& record);
  void fill_baseline();

  drift_limits limits_;
  bool validated_;
  /// Texts with words since the beginning or the last leap, and which of them had each word and phrase last.
  std::uint32_t texts_ = 0;
  last_seen words_, phrases_;
  std::deque<text_sample> samples_;
  std::deque<verdict_sample> verdicts_;
  /// Samples taken so far, up to what the beginning and one window behind it need.
  std::size_t sampled_ = 0;
  std::size_t judged_ = 0;
  drift_figures baseline_;
};

/// {"window","baseline":{"novelty","phrase_reuse","pass_rate","first_attempt_pass_rate","segment_s"}|null,"recent":{...}|null,
///  "signs":[...]}. `slowdown` is among the signs when `trend` says so.
nlohmann::ordered_json drift_view(const segment_drift& drift, const segment_trend& trend);

/// A warning each sign, `drift_<sign>`; `since` is left empty. Slowdown has its own (live_status).
std::vector<status_warning> drift_warnings(const segment_drift& drift);

} // namespace longwave
