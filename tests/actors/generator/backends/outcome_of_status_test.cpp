// Status codes, error bodies and Retry-After: the table of backends.md section 2.
#include "actors/generator/backends/outcome_of_status.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace longwave;

namespace {

draft of(int status, const std::string& body = {}, const std::string& retry_after = {}) {
  error_response response;
  response.status = status;
  response.body = body;
  response.retry_after = retry_after;
  return outcome_of_status(response, 784'111'777);
}

} // namespace

TEST_CASE("outcome_of_status: every status has its class") {
  struct row { int status; outcome_class outcome; };
  const row rows[] = {
    {204, outcome_class::empty},     {301, outcome_class::config},    {302, outcome_class::transport},
    {307, outcome_class::transport}, {308, outcome_class::config},    {400, outcome_class::config},
    {401, outcome_class::config},    {402, outcome_class::quota},     {403, outcome_class::config},
    {404, outcome_class::config},    {405, outcome_class::config},    {408, outcome_class::transport},
    {409, outcome_class::busy},      {413, outcome_class::config},    {422, outcome_class::config},
    {425, outcome_class::busy},      {429, outcome_class::busy},      {499, outcome_class::transport},
    {500, outcome_class::transport}, {501, outcome_class::config},    {502, outcome_class::transport},
    {503, outcome_class::busy},      {504, outcome_class::transport}, {520, outcome_class::transport},
    {529, outcome_class::busy},      {599, outcome_class::transport},
  };
  for (const auto& r : rows) {
    INFO(r.status);
    CHECK(of(r.status).outcome == r.outcome);
  }
  for (int status = 201; status < 1000; ++status) {
    const draft answer = of(status);
    CHECK(answer.outcome != outcome_class::ok);
    CHECK(answer.detail.find(std::to_string(status)) != std::string::npos);
  }
}

TEST_CASE("outcome_of_status: the body decides between waiting and giving up") {
  CHECK(of(429, R"({"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}})").outcome == outcome_class::busy);
  CHECK(of(429, R"({"error":{"message":"x","type":"insufficient_quota","code":"insufficient_quota"}})").outcome == outcome_class::quota);
  CHECK(of(429, R"({"error":{"message":"You exceeded your current quota, please check your plan","type":null}})").outcome == outcome_class::quota);
  CHECK(of(429, R"({"type":"error","error":{"type":"rate_limit_error","message":"x","details":{"error_code":"enforced_spend_limit_reached"}}})").outcome == outcome_class::quota);
  CHECK(of(429, R"({"error":{"message":"Quota exceeded for requests per minute"}})").outcome == outcome_class::busy);
  CHECK(of(400, R"({"error":{"message":"Your credit balance is too low"}})").outcome == outcome_class::quota);
  CHECK(of(403, R"({"error":{"type":"billing_error","message":"x"}})").outcome == outcome_class::quota);
  CHECK(of(400, R"({"error":{"code":"content_filter","message":"filtered"}})").outcome == outcome_class::refused);
  CHECK(of(400, R"({"error":{"code":400,"type":"exceed_context_size_error","message":"exceeds the available context size"}})").outcome == outcome_class::config);
  CHECK(of(500, R"({"error":"request (9000 tokens) exceeds the available context size"})").outcome == outcome_class::config);
  CHECK(of(500, R"({"error":"server busy, please try again.  maximum pending requests exceeded"})").outcome == outcome_class::busy);
  CHECK(of(503, R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})").outcome == outcome_class::busy);
  CHECK(of(500, "").outcome == outcome_class::transport);
}

TEST_CASE("outcome_of_status: a window that llama.cpp's slots share is full for the moment, a prompt longer than it for good") {
  const auto full = of(500, R"({"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}})");
  CHECK(full.outcome == outcome_class::busy);
  CHECK_FALSE(full.prompt_too_long);
  const auto longer = of(400, R"({"error":{"code":400,"message":"request (9006 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9006,"n_ctx":4096}})");
  CHECK(longer.outcome == outcome_class::config);
  CHECK(longer.prompt_too_long);
}

TEST_CASE("outcome_of_status: a wait may stand in words, and makes a rate of what is called a quota") {
  const auto said = [](const std::string& message) { return R"({"error":{"code":429,"message":")" + message + R"(","status":"RESOURCE_EXHAUSTED"}})"; };
  const std::string quota = "You exceeded your current quota, please check your plan and billing details.";
  CHECK(of(429, said(quota)).outcome == outcome_class::quota);
  const auto minute = of(429, "[" + said(quota + " Please retry in 34.07s.") + "]\n"); // a list of one, as Gemini sends it
  CHECK(minute.outcome == outcome_class::busy);
  CHECK(minute.retry_after_ms == 34'070);
  CHECK(minute.detail.find("exceeded your current quota") != std::string::npos);
  CHECK(of(429, said("Rate limit reached for m. Please try again in 1.2s. Visit us."), "").retry_after_ms == 1'200);
  CHECK(of(429, said("Please try again in 6m0s.")).retry_after_ms == 360'000);
  CHECK(of(429, said("Please try again in 250ms.")).retry_after_ms == 250);
  CHECK(of(429, said("Please try again in 20 seconds.")).retry_after_ms == 20'000);
  CHECK(of(503, said("Overloaded. Retry in 2 minutes")).retry_after_ms == 120'000);
  CHECK(of(429, said("Please try again in 1.2s."), "3").retry_after_ms == 3'000); // the header knows best
  CHECK(of(429, said("Please try again in 99999 minutes.")).retry_after_ms == longest_retry_after_ms);
  for (const char* words : {"try again in a while", "try again in 2 months", "retry in ", "try again in ...", "retry in -5s"}) {
    INFO(words);
    CHECK(of(429, said(words)).retry_after_ms == 0);
  }
}

TEST_CASE("outcome_of_status: lists of faults say what the first one is") {
  CHECK(of(422, R"({"detail":[{"loc":["body","messages"],"msg":"field required","type":"missing"}]})").detail == "HTTP 422: messages: field required");
  CHECK(of(400, R"({"errors":[{"code":7,"message":"no such model"}]})").detail == "HTTP 400: no such model");
  CHECK(of(400, R"({"detail":[]})").detail == "HTTP 400");
  CHECK(of(400, R"({"detail":[5]})").detail == "HTTP 400");
  CHECK(of(400, R"([{"error":{"message":"a"}},{"error":{"message":"b"}}])").outcome == outcome_class::config);
}

TEST_CASE("outcome_of_status: details are one printable line of at most 300 bytes") {
  CHECK(of(404, R"({"error":"model \"x\" not found, try pulling it first"})").detail ==
        "HTTP 404, no such model or address: model \"x\" not found, try pulling it first");
  CHECK(of(503, R"({"error":"server busy, please try again.  maximum pending requests exceeded"})").detail ==
        "HTTP 503: server busy, please try again. maximum pending requests exceeded");
  CHECK(of(500, "<!DOCTYPE html><html>").detail == "HTTP 500: an HTML page");
  CHECK(of(502, "bad\tgateway\r\n\x01oh \xff no").detail == "HTTP 502: bad gateway oh ? no");
  CHECK(of(500, "{broken").detail == "HTTP 500: an error object that cannot be read");
  const std::string secret = R"({"error":{"message":"Incorrect API key provided: sk-12345"}})";
  CHECK(of(401, secret).detail == "HTTP 401, the API key is missing or refused");
  std::string words = "{\"error\":\"";
  for (int i = 0; i < 400; ++i) words += "\xea\xb0\x80";
  const std::string detail = of(500, words + "\"}").detail;
  CHECK(detail.size() <= 300);
  CHECK(detail.size() > 295);
  error_response redirect;
  redirect.status = 302;
  redirect.location = "http://elsewhere/";
  CHECK(outcome_of_status(redirect, 0).detail == "HTTP 302: redirects to http://elsewhere/, which is not followed");
}

TEST_CASE("outcome_of_status: odd error bodies do no harm") {
  for (const std::string& body :
       {std::string("{\"error\":null}"), std::string("{\"error\":[]}"), std::string("{\"error\":{}}"), std::string("[]"),
        std::string("null"), std::string("\"text\""), std::string(100'000, '['), std::string("{\"error\":") + std::string(100'000, '{'),
        std::string("{\"error\":{\"code\":5,\"type\":[],\"message\":{}}}"), std::string(1, '\0')}) {
    CHECK(of(500, body).outcome == outcome_class::transport);
    CHECK(of(429, body).outcome == outcome_class::busy);
  }
}

TEST_CASE("outcome_of_status: Retry-After in all its forms") {
  struct row { const char* after; const char* after_ms; const char* date; std::int64_t ms; };
  const char* sunday = "Sun, 06 Nov 1994 08:49:37 GMT"; // 784111777
  const row rows[] = {
    {"", "", "", 0},
    {"2", "", "", 2'000},
    {" 2 ", "", "", 2'000},
    {"1.5", "", "", 1'500},
    {"0", "", "", 0},
    {"-1", "", "", 0},
    {"soon", "", "", 0},
    {"1e9", "", "", 0},
    {"315360000", "", "", longest_retry_after_ms},
    {"99999999999999999999999999", "", "", longest_retry_after_ms},
    {"2", "250", "", 250},
    {"2", "nonsense", "", 2'000},
    {"2", "-5", "", 2'000},
    {"6m0s", "", "", 360'000},
    {"1m2.5s", "", "", 62'500},
    {"250ms", "", "", 250},
    {"6m0", "", "", 0},
    {"5x", "", "", 0},
    {"Sun, 06 Nov 1994 08:49:47 GMT", "", "", 10'000},
    {"Sun, 06 Nov 1994 08:50:37 GMT", "", "Sun, 06 Nov 1994 08:50:07 GMT", 30'000},
    {"Sun, 06 Nov 1994 08:49:30 GMT", "", "", 0},
    {"Sun, 06 Nov 2004 08:49:37 GMT", "", "", longest_retry_after_ms},
    {"Sun, 06 Nov 1994 08:49:37 CET", "", "", 0},
    {"Sun, 99 Nov 1994 08:49:37 GMT", "", "", 0},
    {"Sun, 06 Foo 1994 08:49:37 GMT", "", "", 0},
    {sunday, "", sunday, 0},
  };
  for (const auto& r : rows) {
    INFO("\"" << r.after << "\" \"" << r.after_ms << "\" \"" << r.date << "\"");
    CHECK(parse_retry_after(r.after, r.after_ms, r.date, 784'111'777) == r.ms);
  }
  CHECK(of(429, "", "3").retry_after_ms == 3'000);
  CHECK(of(503, "", "3").retry_after_ms == 3'000);
  CHECK(of(500, "", "3").retry_after_ms == 0);
}
