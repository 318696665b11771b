// The catalogue at size: reading, importing, filtering and searching 100,000 records, against copying their bytes.
#include "actors/generator/prompt.hpp"
#include "actors/scheduler/dj_lore.hpp"
#include "actors/scheduler/lore_filter.hpp"
#include "actors/scheduler/lore_intake.hpp"
#include "actors/scheduler/lore_retrieval.hpp"
#include "messages/profile.hpp"
#include "messages/random.hpp"
#include "storage/lore_file.hpp"
#include "storage/lore_store.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace fs = std::filesystem;
using namespace longwave;

namespace {

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// A catalogue of `count` records with some 120 words each.
void write_catalogue(const fs::path& file, std::uint64_t count) {
  std::ofstream out(file);
  const char* regions[] = {"Appalachia", "Mojave", "Commonwealth", "Capital Wasteland"};
  for (std::uint64_t i = 0; i < count; ++i) {
    random_stream draw(1, i, 0, "bench");
    std::string text;
    for (int word = 0; word < 120; ++word) text += "word" + std::to_string(draw.below(20'000)) + (word % 12 == 11 ? ". " : " ");
    out << nlohmann::json{{"id", "r" + std::to_string(i)}, {"wiki_title", "Title " + std::to_string(i / 3)}, {"chunk_index", i % 3}, {"text", text},
                          {"content_type", "quest"}, {"region", regions[draw.below(4)]}, {"year_min", 2080}, {"year_max", 2080 + draw.below(210)},
                          {"knowledge_tier", "regional"}}
             .dump()
        << "\n";
  }
}

dj_profile julie() {
  dj_profile dj;
  dj.name = "Julie (2102, Appalachia)";
  dj.knowledge.temporal_cutoff_year = 2102;
  dj.knowledge.region = "Appalachia";
  return dj;
}

/// Segments that each ask something new, as news does.
segment_plan plan_of(std::uint64_t seq) {
  segment_plan plan;
  plan.seq = seq;
  plan.type = segment_type::news;
  plan.news = news_topic{"trade", 0.8, "solid reports", "word" + std::to_string(seq * 31 % 20'000) + " word" + std::to_string(seq * 7 % 20'000)};
  return plan;
}

/// What one segment's lore takes, seconds: asked for the first time, and once more from the cache.
std::pair<double, double> retrieval_seconds(std::shared_ptr<const lore_catalogue> catalogue, double& opening) {
  std::shared_ptr<dj_lore> source;
  opening = seconds_of([&] { source = dj_lore::make(catalogue, julie()).value(); });
  lore_retrieval retrieval(source, "Appalachia", 320, 180);
  constexpr int count = 40; // two questions each: all fit into the cache
  std::vector<segment_plan> plans;
  for (int i = 0; i < count; ++i) plans.push_back(plan_of(static_cast<std::uint64_t>(i) + 1));
  const auto ask_all = [&] {
    for (const auto& plan : plans) {
      if (!retrieval.find(plan, 0)) std::exit(1);
      retrieval.settle(plan, 0, false);
    }
  };
  const double cold = seconds_of(ask_all);
  return {cold / count, seconds_of(ask_all) / count};
}

/// One prompt without and with lore and what was said before, seconds.
std::pair<double, double> prompt_seconds() {
  auto setup = std::make_shared<run_setup>();
  setup->config = std::make_shared<const run_config>();
  setup->profile = std::make_shared<const dj_profile>(julie());
  attempt_order order;
  order.setup = setup;
  constexpr int count = 500;
  std::size_t bytes = 0;
  const auto build = [&](segment_plan plan) {
    order.plan = std::make_shared<const segment_plan>(std::move(plan));
    return seconds_of([&] {
      for (int i = 0; i < count; ++i) bytes += make_call(order).user_prompt.size();
    });
  };
  const double bare = build(plan_of(1));
  auto full = plan_of(1);
  for (int i = 0; i < 3; ++i) full.lore.push_back({"r", "A title", std::string(640, 'x'), "strict", "direct", "", 1});
  for (int i = 0; i < 3; ++i) full.session.push_back("day 1, 07:00, gossip: " + std::string(200, 'y'));
  const double loaded = build(std::move(full));
  if (bytes == 0) std::exit(1);
  return {bare / count, loaded / count};
}

} // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const auto folder = fs::temp_directory_path() / "longwave-lore-bench";
  fs::remove_all(folder);
  fs::create_directories(folder);
  const auto file = folder / "lore.jsonl";
  write_catalogue(file, count);
  const double copied = seconds_of([&] { fs::copy_file(file, folder / "copy.jsonl"); });

  lore_intake intake("lore.jsonl", {});
  const double read = seconds_of([&] {
    (void) storage::read_lore_file(file, [&](std::uint64_t line, const nlohmann::json* row, const storage::row_fault*) {
      if (row) intake.add(line, *row);
    });
    intake.finish();
  });
  auto store = storage::lore_store::open(folder / "lore", storage::lore_access::create);
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 1;
  const double imported = seconds_of([&] { (void) store.value()->import(intake.records(), {}); });
  std::size_t known = 0;
  const lore_filter filter(julie());
  const auto count_known = [&] {
    known = 0;
    if (!store.value()->each([&](const lore_glance& g) { known += filter.judge(g) == lore_refusal::none; })) std::exit(1);
  };
  const double first = seconds_of(count_known);
  const double filtered = seconds_of(count_known);
  std::size_t hits = 0;
  const double searched = seconds_of([&] {
    for (int i = 0; i < 100; ++i) {
      auto found = store.value()->search("word" + std::to_string(i) + " word" + std::to_string(i * 7) + " word77", 5, nullptr);
      if (found) hits += found.value().size();
    }
  });
  double opening = 0;
  const std::shared_ptr<const lore_catalogue> catalogue(std::move(store.value()));
  const auto [asked, cached] = retrieval_seconds(catalogue, opening);
  const auto [bare, loaded] = prompt_seconds();
  std::printf("lore, %llu records, %.1f MB of JSON Lines\n", static_cast<unsigned long long>(count), static_cast<double>(fs::file_size(file)) / 1e6);
  std::printf("  %-34s %9.3f s   1.0\n", "copy the file (reference)", copied);
  std::printf("  %-34s %9.3f s %5.1f x\n", "read and judge every record", read, read / copied);
  std::printf("  %-34s %9.3f s %5.1f x\n", "import with keyword index", imported, imported / copied);
  std::printf("  %-34s %9.4f s %5.2f x\n", "first filter (loads the facets)", first, first / copied);
  std::printf("  %-34s %9.4f s %5.2f x  (%zu known)\n", "filter by DJ", filtered, filtered / copied, known);
  std::printf("  %-34s %9.5f s %5.3f x  (%zu hits)\n", "one search", searched / 100, searched / 100 / copied, hits);
  std::printf("  %-34s %9.4f s %5.2f x\n", "filter for a run's prompts", opening, opening / copied);
  std::printf("  %-34s %9.6f s   1.0\n", "prompt without lore (reference)", bare);
  std::printf("  %-34s %9.6f s %5.2f x\n", "prompt with lore and session", loaded, loaded / bare);
  std::printf("  %-34s %9.6f s %5.2f x\n", "lore of a segment, asked first", asked, asked / bare);
  std::printf("  %-34s %9.6f s %5.2f x\n", "lore of a segment, from the cache", cached, cached / bare);
  fs::remove_all(folder);
  return 0;
}
