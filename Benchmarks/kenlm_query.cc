// Times queries of KenLM's probing and trie models, one thread, for language_model.py.
//
//   kenlm_query (probing|trie) MODEL TEXT RUNS
//
// As `warbler bench lm`: the first pass is not counted; from ids that are known, and from text that is split and looked
// up. Prints one line of JSON: nanoseconds a word or sentence end, medians.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "lm/model.hh"
#include "util/tokenize_piece.hh"

typedef util::TokenIter<util::BoolCharacter, true> Words;

static double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

template <class Model> void Measure(const char *file, const char *text, int runs) {
  lm::ngram::Config config;
  config.messages = NULL;
  config.show_progress = false;
  double start = Seconds();
  Model model(file, config);
  double opened = Seconds() - start;
  const typename Model::Vocabulary &vocabulary = model.GetVocabulary();
  std::vector<std::string> lines;
  std::vector<std::vector<lm::WordIndex> > ids;
  std::size_t tokens = 0;
  std::ifstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
    ids.push_back(std::vector<lm::WordIndex>());
    for (Words word(line, util::kSpaces); word; ++word) ids.back().push_back(vocabulary.Index(*word));
    tokens += ids.back().size() + 1;
  }
  std::vector<double> queries, texts;
  double probability = 0;
  for (int run = 0; run <= runs; ++run) {
    lm::ngram::State state, next;
    probability = 0;
    start = Seconds();
    for (const std::vector<lm::WordIndex> &words : ids) {
      state = model.BeginSentenceState();
      for (lm::WordIndex word : words) {
        probability += model.FullScore(state, word, next).prob;
        state = next;
      }
      probability += model.FullScore(state, vocabulary.EndSentence(), next).prob;
    }
    double query = Seconds() - start;
    double sum = 0;
    start = Seconds();
    for (const std::string &line : lines) {
      state = model.BeginSentenceState();
      for (Words word(line, util::kSpaces); word; ++word) {
        sum += model.FullScore(state, vocabulary.Index(*word), next).prob;
        state = next;
      }
      sum += model.FullScore(state, vocabulary.EndSentence(), next).prob;
    }
    double read = Seconds() - start;
    if (sum != probability) std::abort();
    if (run == 0) continue;
    queries.push_back(query);
    texts.push_back(read);
  }
  std::printf(
      "{\"tokens\": %zu, \"open_seconds\": %g, \"query_nanoseconds\": %g, \"text_nanoseconds\": %g, "
      "\"log10_probability\": %.9g}\n",
      tokens, opened, Median(queries) / tokens * 1e9, Median(texts) / tokens * 1e9, probability);
}

int main(int, char **arguments) {
  int runs = std::atoi(arguments[4]);
  if (std::string(arguments[1]) == "trie") {
    Measure<lm::ngram::TrieModel>(arguments[2], arguments[3], runs);
  } else {
    Measure<lm::ngram::ProbingModel>(arguments[2], arguments[3], runs);
  }
}
