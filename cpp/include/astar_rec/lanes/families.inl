// Families in lanes: what family.hpp and ratio/ say of them, and how far approximations may be off.
//
// A new pair is a struct here and a line in all.inl.

// A normal target narrower than the normal proposal, so that the ratio is concave:
//
//     r(z) = z^2 / 2 - y^2 / 2 + offset,   y = (z - mean) precision,   offset = log(precision)
struct NormalPair {
  struct Ratio {
    Float mean, precision, offset;

    static constexpr std::size_t columns = 3;
    ASTAR_REC_LANES void each(const auto& f) { f(mean), f(precision), f(offset); }

    ASTAR_REC_LANES Float operator()(Float z) const {
      const Float y = (z - mean) * precision;
      return fused(-0.5F * y, y, fused(0.5F * z, z, offset));
    }

    // Whether all is as `slack` takes it to be. No check of codec.hpp fails then, either.
    ASTAR_REC_LANES Mask fit() const {
      return (precision > 1.0F) & (precision < 4096.0F) & (larger(mean, -mean) < 5.5F);
    }

    // Twice the largest error of a value, or of a bound, that matters.
    //
    // Only nodes matter whose ratio falls less than 45 below r(mean): what is less loses to the
    // best value as long as that is above -4.5 and the root's Gumbel below 16.6, which ModeFirst makes
    // sure of (r(mean) <= 23.5). There |y| <= 13.2: the condition is y^2 (1 - s^2) / 2 - mean y s < 45
    // with s = 1 / precision, and |z| <= 9.16.
    //
    // In units of 2^-21: z is off by at most 1 |z|, a rounding by 1/8. So y is off by
    // precision (|z| + |mean| / 8) + 3/8 |y|, where |z| <= |mean| + |y| s; y^2 / 2 by
    // |y| (9/8 precision |mean| + 3/2 |y|) <= 15 precision |mean| + 262; z^2 / 2 by 106; offset, the
    // Gumbel (of an arrival off by 1, and by 1/8 for each of 30 sums), and the sums by less than 20.
    ASTAR_REC_LANES Float slack() const {
      return 0x1p-21F * fused(larger(mean, -mean), 32.0F * precision, splat(800.0F));
    }
  };

  ASTAR_REC_LANES static Float quantile(const Wide& position) { return normal_quantile(position); }
  static double quantile(Position position) { return Normal::quantile(position); }

  // Where r is largest.
  static double vertex(double mean, double scale) { return mean / ((1.0 - scale) * (1.0 + scale)); }
};
