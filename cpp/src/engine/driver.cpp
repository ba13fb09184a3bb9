#include "engine/driver.hpp"

#include <memory>
#include <mutex>

namespace astar_rec {

namespace {

// Standard samples to the proposal's own scale.
void to_samples(Family proposal, const Parameters& parameters, std::span<double> samples) {
  Families::with(proposal, [&](auto family) {
    using Proposal = typename decltype(family)::type;
    const Parameters::Members<Proposal> members(parameters);
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = members[i].sample(samples[i]);
  });
}

// Calls work(chunk, interrupt) for chunks of a call, with the parameters of their elements. make_work() is
// called once a thread.
template <class MakeWork>
void for_each_chunk(const Call& call, const Distribution* targets, const Distribution* proposals,
                    const Shares& shares, const MakeWork& make_work) {
  const auto make_body = [&] {
    return [&, work = make_work(), q = Parameters(), p = Parameters()](
               std::size_t begin, std::size_t end, Interrupt& interrupt) mutable {
      const Chunk chunk{call.blocks, call.begin + begin, call.begin + end, q,
                        p,           call.seed,          call.offset};
      const std::size_t first = chunk.first(), last = first + chunk.elements();
      if (targets != nullptr) q.gather(*targets, first, last);
      if (proposals != nullptr) p.gather(*proposals, first, last);
      work(chunk, interrupt);
    };
  };
  parallel_for(call.end - call.begin, call.threads, call.poll, make_body, shares.fewest,
               shares.most);
}

// What belongs to a chunk, of arrays of one number for each element of a call.
template <class T>
std::span<T> elements_of(const Call& call, const Chunk& chunk, std::span<T> all) {
  return all.subspan(chunk.first() - call.blocks.first_element(call.begin), chunk.elements());
}

// The same with so many numbers for each block.
template <class T>
std::span<T> blocks_of(const Call& call, const Chunk& chunk, std::span<T> all, std::size_t each) {
  if (all.empty()) return {};
  return all.subspan((chunk.begin - call.begin) * each, chunk.count() * each);
}

}  // namespace

Ended encode(const Call& call, const Distribution& targets, const Distribution& proposals,
             const Messages& messages, std::span<double> samples, std::span<std::uint64_t> steps) {
  const Pair pair{targets.family, proposals.family};
  const std::size_t block = call.blocks.block();
  Ended ended;
  std::mutex guard;
  const auto make_work = [&] {
    return
        [&, encoder = call.method.encoder(pair, block)](const Chunk& chunk, Interrupt& interrupt) {
          Found found{{blocks_of(call, chunk, messages.words, call.method.words(block)),
                       blocks_of(call, chunk, messages.bytes, 1)},
                      elements_of(call, chunk, samples),
                      blocks_of(call, chunk, steps, 1)};
          encoder->encode(chunk, interrupt, found);
          to_samples(proposals.family, chunk.proposals, found.z);
          if (found.cut == 0 && found.doubts.none()) return;
          const std::lock_guard lock(guard);
          ended.cut += found.cut;
          ended.doubts.add(found.doubts);
          ended.doubts.add_certain(found.cut - found.known);
        };
  };
  for_each_chunk(call, &targets, &proposals, call.method.encoder_shares(block), make_work);
  return ended;
}

void decode(const Call& call, const ReceivedMessages& messages, const Distribution& proposals,
            std::span<double> samples) {
  const std::size_t block = call.blocks.block();
  const auto make_work = [&] {
    return [&, decoder = call.method.decoder(proposals.family, block)](const Chunk& chunk,
                                                                       Interrupt&) {
      const auto z = elements_of(call, chunk, samples);
      decoder->decode(chunk,
                      {blocks_of(call, chunk, messages.words, call.method.words(block)),
                       blocks_of(call, chunk, messages.bytes, 1)},
                      z);
      to_samples(proposals.family, chunk.proposals, z);
    };
  };
  for_each_chunk(call, nullptr, &proposals, call.method.decoder_shares(block), make_work);
}

void replay(const Call& call, std::span<const std::uint64_t> words, std::span<Position> positions) {
  const std::size_t block = call.blocks.block();
  const auto make_work = [&] {
    return [&, replay = call.method.replay(block)](const Chunk& chunk, Interrupt&) {
      replay->positions(chunk, blocks_of(call, chunk, words, call.method.words(block)),
                        elements_of(call, chunk, positions));
    };
  };
  for_each_chunk(call, nullptr, nullptr, call.method.decoder_shares(block), make_work);
}

}  // namespace astar_rec
