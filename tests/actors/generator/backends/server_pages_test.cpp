// What servers tell of themselves, in the shapes that they document.
#include "actors/generator/backends/server_pages.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("server pages: an Ollama tells models with digests, its version and the window that is loaded") {
  server_description d;
  d.model = "llama3.1:8b";
  for (const auto& page : pages_of("ollama", "/base")) CHECK(page.rfind("/base/api/", 0) == 0);
  CHECK(pages_of("openai", "/x/v1") == std::vector<std::string>{"/x/v1/models", "/x/api/version", "/x/props"});
  CHECK(pages_of("openai", "/v1beta/openai").front() == "/v1beta/openai/models");
  read_page(d, "/api/tags", R"({"models":[{"name":"llama3.1:8b","model":"llama3.1:8b","size":1,"digest":"abc",
    "details":{"family":"llama","context_length":131072}},{"name":"small:latest","digest":"def","details":{}}]})");
  REQUIRE(d.models.size() == 2);
  CHECK(d.models[0].digest == "abc");
  CHECK(d.models[0].context_tokens == 131'072u);
  CHECK_FALSE(d.models[1].context_tokens);
  read_page(d, "/api/version", R"({"version":"0.12.1"})");
  CHECK(d.ollama_version == "0.12.1");
  read_page(d, "/api/ps", R"({"models":[{"name":"llama3.1:8b","context_length":4096}]})");
  CHECK(d.window_tokens == 4'096u);
}

TEST_CASE("server pages: vLLM tells the window it serves, llama.cpp that of a slot") {
  server_description vllm;
  vllm.model = "m";
  read_page(vllm, "/v1/models", R"({"object":"list","data":[{"id":"m","object":"model","max_model_len":8192}]})");
  CHECK(vllm.window_tokens == 8'192u);
  server_description llama;
  llama.model = "m";
  read_page(llama, "/v1/models", R"({"object":"list","data":[{"id":"m","meta":{"n_ctx_train":131072}}]})");
  REQUIRE(llama.models.size() == 1);
  CHECK(llama.models[0].context_tokens == 131'072u);
  CHECK_FALSE(llama.window_tokens); // what the model was made for is not what the server gives
  read_page(llama, "/props", R"({"default_generation_settings":{"n_ctx":2048},"total_slots":4})");
  CHECK(llama.window_tokens == 2'048u);
}

TEST_CASE("server pages: the list of llama.cpp tells the window of a slot, whatever name its one model is asked by") {
  const std::string page = R"({"object":"list","data":[{"id":"sentences","aliases":["sentences"],"object":"model","owned_by":"llamacpp",
    "meta":{"vocab_type":1,"n_vocab":4235,"n_ctx":4096,"n_ctx_train":32768,"n_embd":3008}}]})";
  server_description d;
  d.model = "another name";
  read_page(d, "/v1/models", page); // an Anthropic-like server is asked for no other page
  CHECK(d.window_tokens == 4'096u);
  REQUIRE(d.models.size() == 1);
  CHECK(d.models[0].context_tokens == 32'768u);
  server_description router;
  router.model = "sentences";
  read_page(router, "/props", R"({"role":"router","max_instances":4,"default_generation_settings":{"params":null,"n_ctx":0}})");
  CHECK_FALSE(router.window_tokens); // never 0
  server_description several;
  several.model = "b";
  read_page(several, "/v1/models", R"({"data":[{"id":"a","max_model_len":1000},{"id":"b","max_model_len":2000},{"id":"c","max_model_len":3000}]})");
  CHECK(several.window_tokens == 2'000u);
}

TEST_CASE("server pages: malformed and foreign pages change nothing") {
  server_description d;
  d.model = "m";
  for (const auto* page : {"/v1/models", "/api/tags", "/api/version", "/api/ps", "/props", "/elsewhere"})
    for (const auto* body : {"", "<html>", "[]", "{}", R"({"data":5,"models":"x","version":7})",
                             R"({"data":[1,null,{}],"models":[1,null,{}],"default_generation_settings":{"n_ctx":-1}})"}) {
      INFO(page << " " << body);
      CHECK_NOTHROW(read_page(d, page, body));
      CHECK_FALSE(d.window_tokens);
      CHECK(d.ollama_version.empty());
    }
}
