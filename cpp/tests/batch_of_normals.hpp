// Normal targets and proposals, element by element, as calls and lanes take them.
#pragma once

#include <cstddef>
#include <vector>

#include "calls.hpp"
#include "simd/lane_search.hpp"

struct Batch {
  std::vector<double> target_loc, target_scale, proposal_loc, proposal_scale;

  std::size_t size() const { return target_loc.size(); }
  void add(double mean, double scale, double loc, double unit) {
    target_loc.push_back(loc + unit * mean);
    target_scale.push_back(unit * scale);
    proposal_loc.push_back(loc);
    proposal_scale.push_back(unit);
  }
  astar_rec::LaneParameters all() const {
    return {target_loc, target_scale, proposal_loc, proposal_scale};
  }
  astar_rec::Distribution targets() const { return normals(target_loc, target_scale); }
  astar_rec::Distribution proposals() const { return normals(proposal_loc, proposal_scale); }

 private:
  static astar_rec::Distribution normals(const std::vector<double>& loc,
                                         const std::vector<double>& scale) {
    return distribution(astar_rec::family_of<astar_rec::Normal>,
                        {loc.data(), {loc.size()}, {sizeof(double)}},
                        {scale.data(), {scale.size()}, {sizeof(double)}});
  }
};
