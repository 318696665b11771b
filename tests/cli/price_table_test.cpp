// Prices as flags and as sections of a configuration file.
#include "cli/price_table.hpp"

#include "cli/run_options.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace longwave;
using namespace longwave::cli;

TEST_CASE("prices: a flag names model and amounts per million tokens") {
  const auto price = parse_price("some model v2 input=2.5 cached-input=0.25 output=10");
  REQUIRE(price);
  CHECK(price.value().model == "some model v2");
  CHECK(price.value().input == 2.5);
  CHECK(price.value().cached_input == 0.25);
  CHECK(price.value().output == 10);
  for (const char* bad : {"", "m", "m input=1", "input=1 output=2", "m input=x output=1", "m input=-1 output=1", "m input=1 output=nan",
                          "m input=1 output=1 tax=1"}) {
    INFO(bad);
    CHECK_FALSE(parse_price(bad));
  }
}

TEST_CASE("prices: sections of a configuration file become prices, and a bad one names its line") {
  const auto file = std::filesystem::temp_directory_path() / ("longwave-prices-" + std::to_string(::getpid()) + ".toml");
  const auto read = [&](const std::string& text) {
    std::ofstream(file) << text;
    auto parsed = parse_run_options(run_kind::broadcast, {"--config", file.string(), "--dj", "julie", "--duration", "2"});
    if (!parsed) return result<run_config>(parsed.error());
    run_config config;
    auto applied = apply_options(parsed.value().options, config);
    return applied ? result<run_config>(config) : result<run_config>(applied.error());
  };
  const auto good = read("budget = 12.5\n[prices.\"gpt-x\"]\ninput = 2\ncached_input = 0.5\noutput = 8.0\n[prices.offline]\ninput = 1\noutput = 1\n");
  REQUIRE(good);
  CHECK(good.value().budget == 12.5);
  REQUIRE(good.value().prices.size() == 2);
  CHECK(price_of(good.value().prices, "gpt-x")->cached_input == 0.5);
  const auto bad = read("[prices.\"gpt-x\"]\ninput = \"two\"\noutput = 8\n");
  REQUIRE_FALSE(bad);
  CHECK(to_string(bad.error()).find("line 2") != std::string::npos);
  CHECK_FALSE(read("[prices.\"gpt-x\"]\ninput = 2\n"));
  std::filesystem::remove(file);
}

TEST_CASE("judge options: a mode switches validation on, and contradictions are refused") {
  const auto config_of = [](const std::vector<std::string>& more) -> result<run_config> {
    auto parsed = parse_run_options(run_kind::broadcast, more);
    if (!parsed) return parsed.error();
    run_config config;
    if (auto applied = apply_options(parsed.value().options, config); !applied) return applied.error();
    return config;
  };
  const auto hybrid = config_of({"--validation-mode", "hybrid", "--judge-sample", "0.1", "--judge-endpoint", "http://127.0.0.1:9"});
  REQUIRE(hybrid);
  CHECK(hybrid.value().validation_enabled);
  CHECK(hybrid.value().judge_sample == 0.1);
  CHECK(hybrid.value().judge_endpoints.size() == 1);
  CHECK_FALSE(config_of({"--validation-mode", "hybrid", "--no-validation"}));
  CHECK_FALSE(config_of({"--judge-sample", "1.5"}));
  CHECK_FALSE(config_of({"--budget", "0"}));
  CHECK_FALSE(config_of({"--budget", "ten"}));
}
