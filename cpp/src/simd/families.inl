// Families in lanes: what families/ says of them, and how far approximations may be off.
//
// A new pair is a struct here and a line in all.inl.

// Normal target, normal proposal:
//
//     r(z) = z^2 / 2 - y^2 / 2 + offset,   y = (z - mean) precision,   offset = log(precision)
struct NormalPair {
  static constexpr float most_gumbel = 16.6F;

  struct Ratio {
    Float mean, precision, offset;

    static constexpr std::size_t columns = 3;
    ASTAR_REC_LANES void each(const auto& f) { f(mean), f(precision), f(offset); }

    ASTAR_REC_LANES Float operator()(Float z) const {
      const Float y = (z - mean) * precision;
      return fused(-0.5F * y, y, fused(0.5F * z, z, offset));
    }

    // Whether all is as `slack` takes it to be. No check of search/reach.hpp fails then, either.
    ASTAR_REC_LANES Mask fit() const {
      return (precision > 0x1p-4F) & (precision < 4096.0F) & (larger(mean, -mean) < 5.5F);
    }
    // Whether it is concave.
    ASTAR_REC_LANES Mask is_narrow() const { return precision > 1.0F; }

    // Twice the largest error of a value that matters, and so of a bound.
    //
    // Only nodes matter whose ratio falls less than 90 below r(mean): what is less loses to the winner,
    // if the root's Gumbel is below `most_gumbel`. (The winner's value has the law of a Gumbel: it is
    // below -20 with a chance of exp(-exp(20)).) There |y| <= 16.1: the condition is
    // y^2 (1 - s^2) / 2 - mean y s < 90, with s = 1 / precision, and |z| <= 9.16.
    //
    // In units of 2^-21: z is off by at most |z|, and a rounding is 1/8. So y is off by
    // precision (|z| + |mean| / 8) + 3/8 |y|, where |z| <= |mean| + |y| s; y^2 / 2 by
    // |y| (9/8 precision |mean| + 3/2 |y|) <= 18.1 precision |mean| + 389; z^2 / 2 by 106; offset, the
    // Gumbel (of an arrival off by 1, and by 1/8 for each of 60 sums), and their sum by less than 20.
    ASTAR_REC_LANES Float slack() const {
      return 0x1p-21F * fused(larger(mean, -mean), 37.0F * precision, splat(1030.0F));
    }
    // What it is for a winner of this value, however low: of a search that ends early.
    //
    // y^2 / 2 = G + z^2 / 2 + offset - value, where the Gumbel is at most 16.6, |z| <= 9.16 and the offset at
    // most the peak: less than peak - value + 60. The above is for y^2 / 2 <= 129, and what y^2 / 2 is off by
    // grows no faster than y^2. That of lower values is larger, by less than what they are lower by.
    ASTAR_REC_LANES Float slack_of(Float value, Float peak) const {
      return slack() * (0x1p-7F * (peak - value + 60.0F));
    }
    // The same of a supremum: at an end of a cell z is off by 1/8 |z|, at the vertex by no more.
    ASTAR_REC_LANES Float slack_of_supremum() const {
      return 0x1p-21F * fused(larger(mean, -mean), 9.0F * precision, splat(340.0F));
    }
  };

  // The largest r in [a, b].
  ASTAR_REC_LANES static Float supremum(const Ratio& r, Float vertex, Float a, Float b) {
    const Float in_reach = smaller(larger(vertex, a), b);
    return r.is_narrow() ? r(in_reach) : larger(r(a), r(b));
  }

  ASTAR_REC_LANES static Float quantile(const Wide& position) { return normal_quantile(position); }
  static double quantile(Position position) { return Normal::quantile(position); }

  // r(z) = square z^2 + linear z + constant, in doubles.
  struct Quadratic {
    double square, linear, constant;
  };
  static Quadratic quadratic(double mean, double scale, double precision) {
    const double y = mean * precision;
    return {0.5 * (1.0 - precision) * (1.0 + precision), y * precision,
            -0.5 * y * y - portable_log(scale)};
  }

  // Where r is largest, if it is concave.
  static double vertex(double mean, double scale) { return mean / ((1.0 - scale) * (1.0 + scale)); }
};

// The ratios of some elements of location-scale families, and where they are largest.
template <class Families, std::size_t most>
struct Ratios {
  float mean[most + width];
  float precision[most + width];
  float offset[most + width];
  float vertex[most + width];

  void prepare(const LaneParameters& of) {
    float scale[most + width];
    for (std::size_t i = 0; i < of.count(); ++i) {
      const double unit = of.proposal_scale[i];
      const double m = (of.target_loc[i] - of.proposal_loc[i]) / unit;
      const double s = of.target_scale[i] / unit;
      mean[i] = static_cast<float>(m);
      scale[i] = static_cast<float>(s);
      precision[i] = static_cast<float>(unit / of.target_scale[i]);
      vertex[i] = static_cast<float>(Families::vertex(m, s));
    }
    // The limits are taken here: with them, compilers make no vectors of the loop above.
    const Float reach = splat(static_cast<float>(Families::quantile(last_position)));
    for (std::size_t at = 0; at < of.count(); at += width) {
      Float s;
      load_lanes(s, scale + at);
      store_lanes(offset + at, negative_log(s));
      Float v;
      load_lanes(v, vertex + at);
      store_lanes(vertex + at, smaller(larger(v, -reach), reach));
    }
  }

  ASTAR_REC_LANES typename Families::Ratio load(std::size_t at) const {
    typename Families::Ratio ratio;
    load_lanes(ratio.mean, mean + at);
    load_lanes(ratio.precision, precision + at);
    load_lanes(ratio.offset, offset + at);
    return ratio;
  }

  // The same for all lanes.
  ASTAR_REC_LANES typename Families::Ratio of_all(std::size_t which) const {
    return {splat(mean[which]), splat(precision[which]), splat(offset[which])};
  }

  ASTAR_REC_LANES typename Families::Ratio at(Word which) const {
    return {gather(mean, which), gather(precision, which), gather(offset, which)};
  }
};
