// What is drawn once for a face and then only looked up: what years, sun and blood leave on its
// skin, and where an expression folds it. Everything is placed by the rest position.
in vec3 vRest;

layout(location = 0) out vec4 oSkin;     // factor of the colour / 1.3; w height of the pores
layout(location = 1) out vec4 oFolds;    // depth of folds: forehead, brow, nose to mouth, eye
layout(location = 2) out vec4 oSlopes;   // their slopes, 0.5 is flat; w: eye, or bridge of the nose

uniform float uAge;        // 0..1
uniform float uFreckles;   // 0..1

float ridge(float d, float width) { return exp(-d * d / (width * width)); }

float blob(vec2 d) { return exp(-dot(d, d)); }

// A line from a to b, in dm, that fades at its ends.
float line(vec2 p, vec2 a, vec2 b, float width) {
  vec2 along = b - a;
  float t = clamp(dot(p - a, along) / dot(along, along), 0.0, 1.0);
  return ridge(length(p - a - along * t), width) * smoothstep(0.0, 0.2, t) * smoothstep(1.0, 0.75, t);
}

float forehead(vec3 r, float ax) {
  float wave = cos((r.y + 0.035 * cos(r.x * 7.0 + 1.0) + 0.012 * noise(r * 9.0)) * 56.0);
  return smoothstep(0.60, 0.25, ax) * smoothstep(7.66, 7.74, r.y) * smoothstep(8.12, 7.95, r.y)
       * max(wave, 0.0) * wave * wave * wave;
}

// Short and deep between the brows, fading upwards.
float frown(vec2 p) {
  vec2 q = p - vec2(0.082 - 0.10 * (p.y - 7.46), 7.50);
  return ridge(q.x, 0.019) * smoothstep(-0.09, -0.03, q.y) * smoothstep(0.13, 0.0, q.y);
}

float feet(vec2 p) {
  vec2 corner = p - vec2(0.475, 7.27);
  float reach = length(corner), angle = atan(corner.y, corner.x), ray = cos(angle * 13.0);
  return smoothstep(0.03, 0.07, reach) * smoothstep(0.25, 0.12, reach)
       * smoothstep(1.0, 0.5, abs(angle)) * max(ray, 0.0) * ray * ray;
}

float bridge(vec3 r, float ax) {
  float across = cos((r.y + ax * 0.5) * 75.0);
  return smoothstep(0.17, 0.05, ax) * smoothstep(0.13, 0.04, abs(r.y - 7.30)) * max(across, 0.0);
}

// How deep years have folded the skin for good.
float folded(vec3 r, float ax, float front) {
  vec2 p = vec2(ax, r.y);
  float cheek = line(p, vec2(0.19, 7.00), vec2(0.385, 6.60), 0.026);
  float chin = line(p, vec2(0.31, 6.60), vec2(0.345, 6.33), 0.022) * 0.8;
  vec2 eye = (p - vec2(0.315, 7.245)) / vec2(0.205, 0.150);
  float bag = ridge(length(eye) - 1.0, 0.14) * smoothstep(0.15, -0.45, eye.y) * 0.75;
  float fine = cos(ax * 115.0);
  float mouth = smoothstep(0.24, 0.12, ax) * smoothstep(6.68, 6.73, r.y)
              * smoothstep(6.86, 6.78, r.y) * max(fine, 0.0) * fine * 0.35;
  float ring = cos(r.y * 33.0 + ax * 1.5), ring2 = ring * ring;
  float neck = smoothstep(6.15, 6.0, r.y) * max(ring, 0.0) * ring2 * ring2 * 0.5;
  float depth = max(max(max(cheek, chin), max(bag, 0.35 * frown(p))),
                    max(max(0.5 * forehead(r, ax), 0.7 * feet(p)), mouth));
  return clamp(max(depth * front, neck * (1.0 - 0.5 * front)), 0.0, 1.0);
}

// Sun and years leave spots, blood shows unevenly, and the skin's colour evens out no more.
vec3 weathered(vec3 a, vec3 r) {
  float patches = noise(r * 5.0) * 0.6 + noise(r * 13.0) * 0.4 - 0.5;
  vec3 q = r + 0.03 * noise(r.zxy * 31.0);
  float spots = smoothstep(0.60, 0.72, 0.5 * noise(q.xyz * 21.0 + 5.0)
                                     + 0.5 * noise((q.yzx + 0.6 * q.zxy) * 17.0))
              * smoothstep(0.35, 0.6, noise(r * 4.0));
  a *= 1.0 + uAge * patches * vec3(0.10, 0.20, 0.22);
  return a * mix(vec3(1.0), vec3(0.80, 0.70, 0.62), spots * uAge * 0.55);
}

// Young skin is not of one colour either: redder round nose and mouth, paler over bone.
vec3 mottled(vec3 r, float ax, float front) {
  float uneven = noise(r * 7.0 + 3.0) * 0.5 + noise(r * 19.0) * 0.3 + noise(r * 41.0) * 0.2 - 0.5;
  float red = 0.9 * blob((vec2(ax, r.y) - vec2(0.165, 6.965)) / vec2(0.07, 0.08))
            + 0.5 * blob((vec2(ax, r.y) - vec2(0.0, 6.42)) / vec2(0.20, 0.10))
            + 0.4 * blob((vec2(ax, r.y) - vec2(0.20, 6.70)) / vec2(0.16, 0.12));
  return (1.0 + uneven * vec3(0.05, 0.11, 0.12)) * mix(vec3(1.0), vec3(1.0, 0.90, 0.89), red * front);
}

// Freckles: one or none in each cell of a grid, of uneven size and strength, thickest over the
// nose and the upper cheeks.
vec3 freckled(vec3 r, float ax, float front) {
  float where = 1.0 * blob((vec2(ax, r.y) - vec2(0.30, 7.00)) / vec2(0.22, 0.13))
              + 0.8 * blob(vec2(r.x, r.y - 7.05) / vec2(0.16, 0.15))
              + 0.35 * blob(vec2(r.x, r.y - 7.80) / vec2(0.45, 0.25))
              + 0.25 * blob((vec2(ax, r.y) - vec2(0.35, 6.75)) / vec2(0.35, 0.35));
  where = clamp(where, 0.0, 1.0) * front * uFreckles;
  float dark = 0.0;
  int layers = uFreckles > 0.0 ? 2 : 0;
  for (int layer = 0; layer < layers; layer++) {
    float scale = 26.0 + 17.0 * float(layer);
    vec2 p = (r.xy + 0.012 * (vec2(noise(r * 30.0), noise(r * 30.0 + 9.0)) - 0.5)) * scale;
    for (int k = 0; k < 9; k++) {
      vec2 cell = floor(p) + vec2(k % 3 - 1, k / 3 - 1);
      vec3 seed = vec3(cell + 0.5, 7.0 + 5.0 * float(layer));
      vec2 centre = cell + 0.2 + 0.6 * vec2(hash(seed), hash(seed + 3.0));
      float size = mix(0.14, 0.34, hash(seed + 11.0));
      float there = step(hash(seed + 17.0) + 0.001, where * 1.1) * mix(0.35, 1.0, hash(seed + 23.0));
      dark = max(dark, there * smoothstep(1.0, 0.45, length(p - centre) / size));
    }
  }
  return mix(vec3(1.0), vec3(0.72, 0.53, 0.42), dark * 0.75) * mix(vec3(1.0), vec3(0.98, 0.94, 0.92), where);
}

void main() {
  vec3 r = vRest;
  float ax = abs(r.x), front = smoothstep(0.8, 1.05, r.z);
  vec2 p = vec2(ax, r.y);
  float grain = noise(r * 66.0);
  vec3 a = mix(vec3(1.0), vec3(1.02, 0.955, 0.95), grain * 0.5) * mottled(r, ax, front);
  a = weathered(a, r) * freckled(r, ax, front);
  a *= mix(vec3(1.0), vec3(0.74, 0.62, 0.58), folded(r, ax, front) * uAge * 0.75);
  float crepe = noise(vec3(r.x * 60.0, r.y * 26.0, r.z * 40.0))
              + noise(vec3(r.x * 30.0 + r.y * 40.0, r.y * 60.0, 3.0)) - 1.0;
  float relief = 0.5 + 0.5 * (grain - 0.5) * (1.0 - 0.5 * uAge) + 0.35 * crepe * uAge;
  float lips = blob((p - vec2(0.0, 6.68)) / vec2(0.28, 0.14));
  relief = mix(relief, noise(vec3(r.x * 90.0, r.y * 14.0, 0.0)), smoothstep(0.3, 0.5, lips) * front);
  oSkin = vec4(a / 1.3, clamp(relief, 0.0, 1.0));

  vec2 from = vec2(0.20, 7.02), fold = vec2(0.40, 6.62) - from, at = p - from;
  float t = clamp(dot(at, fold) / dot(fold, fold), 0.0, 1.0);
  vec2 off = at - fold * t;
  float side = -dot(off, normalize(vec2(fold.y, -fold.x))) / 0.05;
  float cheek = side * ridge(length(off), 0.05) * smoothstep(0.0, 0.15, t) * smoothstep(1.0, 0.8, t);
  float high = r.y - 7.72;
  float brow = smoothstep(0.62, 0.2, ax) * smoothstep(-0.12, 0.02, high) * smoothstep(0.40, 0.22, high)
             * cos((high + 0.05 * cos(ax * 5.0)) * 52.0);
  float d = (ax - 0.082 + 0.10 * (r.y - 7.46)) / 0.03;
  float between = smoothstep(0.13, 0.02, abs(r.y - 7.51)) * d * exp(-d * d);
  vec2 corner = p - vec2(0.50, 7.28);
  float angle = atan(corner.y, corner.x), reach = length(corner);
  float outer = smoothstep(0.02, 0.07, reach) * smoothstep(0.22, 0.10, reach) * step(0.0, corner.x)
              * smoothstep(0.75, 0.4, abs(angle)) * cos(angle * 22.0);
  float root = smoothstep(0.13, 0.05, ax) * smoothstep(0.10, 0.03, abs(r.y - 7.32))
             * cos((r.y + ax * 0.5) * 120.0);
  oFolds = front * vec4(forehead(r, ax), frown(p), line(p, vec2(0.19, 7.00), vec2(0.385, 6.60), 0.026),
                        ax < 0.3 ? bridge(r, ax) : feet(p));
  oSlopes = 0.5 + 0.5 * front * vec4(brow, between * 2.0, cheek * 2.0, ax < 0.3 ? root : outer);
}
