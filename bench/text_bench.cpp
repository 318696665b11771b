// CPU of the text path a segment, part by part: plan, prompt, offline text, rules and digest, window, settling.
//
// No actor, store or file takes part. Beside each part stands a reference of the same run: SHA-256 of the same text,
// and one tokenising pass over it. Times are CPU time of this thread; allocations are counted by this program's own
// operator new, so they are the same on every machine.
//
//   text_bench [segments] [segments an hour]
//
// The last lines show what must not grow with the number of segments, and a hash over everything that was made.
#include "actors/clock.hpp"
#include "actors/generator/prompt.hpp"
#include "actors/scheduler/show.hpp"
#include "actors/validator/rules.hpp"
#include "cli/prepare.hpp"
#include "storage/chain.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <new>
#include <string>

namespace {

std::uint64_t allocations = 0;

} // namespace

// Not inlined: the compiler would see malloc behind one and free behind the other and take them for mismatched.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

using namespace longwave;

namespace {

double thread_cpu_us() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

enum part { plan, prompt, generate, judge, window, settle, sha, tokenise, parts };
constexpr std::array<const char*, parts> names{
  "plan", "prompt", "offline text", "all rules", "window", "settle", "(SHA-256 of the text)", "(words of the text)"};

struct cost {
  double us = 0;
  std::uint64_t allocated = 0;
};

/// Costs of all parts; the price of reading the clock is taken off.
class costs {
public:
  costs() {
    constexpr int reads = 10'000;
    const double from = thread_cpu_us();
    for (int i = 0; i < reads; ++i) (void)thread_cpu_us();
    clock_us_ = (thread_cpu_us() - from) / reads;
  }

  template <class F>
  auto measure(part p, F&& f) {
    struct stop {
      cost& c;
      double from;
      std::uint64_t allocated;
      double clock;
      ~stop() {
        c.us += thread_cpu_us() - from - clock;
        c.allocated += allocations - allocated;
      }
    };
    const stop s{all_[p], thread_cpu_us(), allocations, clock_us_};
    return f();
  }

  const cost& operator[](std::size_t p) const { return all_[p]; }

private:
  std::array<cost, parts> all_{};
  double clock_us_ = 0;
};

struct outcome {
  costs cost;
  std::uint64_t hash = 14695981039346656037ull;
  std::uint64_t rejected = 0;
  std::size_t window_entries = 0;

  void take(std::string_view bytes) {
    for (unsigned char c : bytes) hash = (hash ^ c) * 1099511628211ull;
  }
  void take(const verdict& v, const recent_text& t) {
    for (const violation& x : v.violations) take(nlohmann::json(x).dump());
    take(nlohmann::json(t).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    take(std::to_string(v.incorporation));
    for (const auto& flag : v.variety.flags) take(flag);
  }
};

std::shared_ptr<run_setup> setup_for(std::uint64_t segments, int per_hour) {
  run_config config;
  config.run_id = "bench";
  config.dj = "Julie (2102, Appalachia)";
  config.seed = 1;
  config.duration_hours = (segments + static_cast<std::uint64_t>(per_hour) - 1) / static_cast<std::uint64_t>(per_hour);
  config.segments_per_hour = per_hour;
  config.stories_enabled = true;
  config.validation_enabled = true;
  auto made = cli::make_setup(config, std::make_shared<host_clock>());
  if (!made) {
    std::fprintf(stderr, "text_bench: %s\n", to_string(made.error()).c_str());
    std::exit(1);
  }
  return made.value();
}

draft offline_text(const run_setup& setup, const generation_call& call) {
  draft text;
  setup.source->start(call, [&](draft d) { text = std::move(d); });
  return text;
}

/// Plays segments first..last as the scheduler does, without actors.
/// @param check  also hash all that is made; costs time outside of what is measured
void play(const std::shared_ptr<run_setup>& setup, show& world, std::shared_ptr<repetition_window>& memory,
          std::uint64_t first, std::uint64_t last, bool check, outcome& out) {
  for (std::uint64_t seq = first; seq <= last; ++seq) {
    auto slot = out.cost.measure(plan, [&] { return world.plan(seq, {memory.get(), setup->rules.get()}); });
    attempt_order order;
    order.setup = setup;
    order.plan = slot;
    order.call = seq;
    order.window = memory;
    const auto call = out.cost.measure(prompt, [&] { return make_call(order); });
    draft answer = out.cost.measure(generate, [&] { return offline_text(*setup, call); });
    const auto v = out.cost.measure(judge, [&] { return judge_text(*setup->rules, *slot, answer.text, *memory); });
    out.rejected += !v.accepted();
    const auto text =
      v.digest ? v.digest : std::make_shared<recent_text>(digest_text(*setup->rules, *slot, answer.text, v.variety));
    if (check) {
      out.take(nlohmann::json(*slot).dump());
      out.take(call.system_prompt);
      out.take(call.user_prompt);
      out.take(answer.text);
      out.take(v, *text);
    }
    out.cost.measure(window, [&] { memory->add(text); });
    out.cost.measure(settle, [&] {
      world.settle(*slot, {true, &answer.text, &v.variety, v.incorporation, false});
    });
    for (const auto& [name, piece] : world.take_changes())
      if (check) out.take(name + piece);
    (void)out.cost.measure(sha, [&] { return storage::sha256_hex(answer.text).size(); });
    (void)out.cost.measure(tokenise, [&] { return word_list(answer.text).size(); });
  }
  out.window_entries = memory->texts.size() +
                       memory->day_openings.size() + memory->week_openings.size() + memory->last_uses.size() +
                       memory->day_catchphrases.size() + memory->last_structures.size();
}

void print(const outcome& out, std::uint64_t segments) {
  const double n = static_cast<double>(segments);
  const double reference = out.cost[sha].us / n;
  double us = 0;
  double allocated = 0;
  for (std::size_t p = 0; p < parts; ++p) {
    const cost& c = out.cost[p];
    std::printf("%-24s %8.2f us   %6.2f x SHA-256   %7.1f allocations\n", names[p], c.us / n, c.us / n / reference,
                static_cast<double>(c.allocated) / n);
    if (p >= sha) continue;
    us += c.us / n;
    allocated += static_cast<double>(c.allocated) / n;
  }
  std::printf("%-24s %8.2f us   %6.2f x SHA-256   %7.1f allocations   target <= 65 us\n", "text path", us, us / reference,
              allocated);
}

} // namespace

int main(int argc, char** argv) {
  const std::uint64_t segments = argc > 1 ? std::stoull(argv[1]) : 4'000;
  const int per_hour = argc > 2 ? std::stoi(argv[2]) : 1;
  const auto setup = setup_for(2 * segments, per_hour);
  // Once to see that nothing grows and what was made, then once to measure.
  show world(*setup->config, setup->pack);
  auto memory = std::make_shared<repetition_window>();
  outcome first, second;
  play(setup, world, memory, 1, segments, true, first);
  outcome measured;
  {
    show again(*setup->config, setup->pack);
    auto fresh = std::make_shared<repetition_window>();
    play(setup, again, fresh, 1, segments, false, measured);
  }
  play(setup, world, memory, segments + 1, 2 * segments, true, second);
  std::printf("text_bench: %llu segments, %d an hour, %llu drafts rejected\n", static_cast<unsigned long long>(segments),
              per_hour, static_cast<unsigned long long>(first.rejected));
  print(measured, segments);
  std::printf("entries in the window    %zu, after twice as many segments %zu   target: no growth\n", first.window_entries,
              second.window_entries);
  std::printf("all that was made        %016llx %016llx\n", static_cast<unsigned long long>(first.hash),
              static_cast<unsigned long long>(second.hash));
  return 0;
}
