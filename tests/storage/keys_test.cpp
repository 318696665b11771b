// Tests of keys, values' envelopes and the hash chain.
#include "storage/keys.hpp"

#include "messages/random.hpp"
#include "storage/chain.hpp"
#include "storage/codec.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::storage;

TEST_CASE("every key decodes to what it was made of", "[storage]") {
  using p = key_prefix;
  const std::pair<std::string, decoded_key> cases[] = {
    {meta_key("schema"), {p::meta, "", "schema", 0, 0}},
    {run_key("a"), {p::run, "a", "", 0, 0}},
    {head_key("a.b"), {p::head, "a.b", "", 0, 0}},
    {segment_key("a", 256), {p::segment, "a", "", 256, 0}},
    {provenance_key("a", UINT64_MAX), {p::provenance, "a", "", UINT64_MAX, 0}},
    {attempt_key("a"), {p::attempt, "a", "", 0, 0}},
    {state_key("a", "story/x#2", 3), {p::state, "a", "story/x#2", 3, 0}},
    {checkpoint_key("a", 0, 6), {p::checkpoint, "a", "", 0, 6}},
    {published_key("a"), {p::published, "a", "", 0, 0}},
  };
  for (const auto& [key, decoded] : cases) {
    const auto back = decode_key(key);
    REQUIRE(back);
    CHECK(*back == decoded);
    // No proper prefix of a key with a run is a key, except a meta name.
    if (decoded.prefix != p::meta)
      for (std::size_t cut = 0; cut < key.size(); ++cut) CHECK_FALSE(decode_key(key.substr(0, cut)));
    if (decoded.prefix != p::meta) CHECK_FALSE(decode_key(key + "x"));
  }
  CHECK(std::size(cases) == std::size(all_prefixes));
  CHECK(to_string(*decode_key(segment_key("pilot", 17))) == "segment/pilot/17");
}

TEST_CASE("keys of a run sort by number and lie inside its bounds", "[storage]") {
  CHECK(segment_key("a", 255) < segment_key("a", 256));
  CHECK(prefix_begin(key_prefix::segment, "a") <= segment_key("a", 0));
  CHECK(segment_key("a", UINT64_MAX) < prefix_end(key_prefix::segment, "a"));
  CHECK(prefix_end(key_prefix::segment, "a") < segment_key("a.b", 0));
  CHECK(prefix_begin(key_prefix::run, "") < run_key("a"));
  CHECK(run_key("zzz") < prefix_end(key_prefix::run, ""));
}

TEST_CASE("decoding any bytes is safe and is the inverse of encoding", "[storage]") {
  random_stream random(2, 0, 0, "keys");
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random.below(24), '\0');
    for (auto& c : bytes) c = static_cast<char>(random.chance(0.3) ? "mrhswaxcp"[random.below(9)] : random.below(4));
    const auto key = decode_key(bytes);
    if (!key) continue;
    std::string again;
    switch (key->prefix) {
      case key_prefix::meta: again = meta_key(key->name); break;
      case key_prefix::run: again = run_key(key->run); break;
      case key_prefix::head: again = head_key(key->run); break;
      case key_prefix::segment: again = segment_key(key->run, key->seq); break;
      case key_prefix::provenance: again = provenance_key(key->run, key->seq); break;
      case key_prefix::attempt: again = attempt_key(key->run); break;
      case key_prefix::state: again = state_key(key->run, key->name, key->seq); break;
      case key_prefix::checkpoint: again = checkpoint_key(key->run, key->seq, key->kind); break;
      case key_prefix::published: again = published_key(key->run); break;
    }
    REQUIRE(again == bytes);
  }
}

TEST_CASE("a sealed value opens, and any flipped bit shows", "[storage]") {
  const std::string payload = R"({"seq":1,"text":"rain"})";
  const auto value = sealed(payload);
  REQUIRE(unseal(value, "k"));
  CHECK(unseal(value, "k").value() == payload);
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    auto broken = value;
    broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
    const auto opened = unseal(broken, "segment/a/1");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == error_code::store_damaged);
    CHECK(opened.error().why.find("segment/a/1") != std::string::npos);
  }
  for (std::size_t size = 0; size < value.size(); ++size) REQUIRE_FALSE(unseal(value.substr(0, size), "k"));
}

TEST_CASE("chain hash has its published value", "[storage]") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(chain_hash("abc", "{}") == sha256_hex("abc\n{}"));
  segment_record r;
  r.seq = 1;
  r.type = "gossip";
  r.position = {1, 6, 1, "2102-10-23"};
  r.text = "Good morning.";
  link_record(r, zero_hash);
  CHECK(r.prev_hash == zero_hash);
  CHECK(r.hash == sha256_hex(std::string(zero_hash) + "\n" +
                             R"({"attempts":1,"broadcast_date":"2102-10-23","day":1,"hour":6,"seq":1,"slot":1,)"
                             R"("status":"accepted","story":null,"text":"Good morning.","type":"gossip","usage":null,)"
                             R"("variety":{"catchphrases":[],"flags":[],"opening":"","structure":"","topics":[]},)"
                             R"("violations":[]})"));
}
