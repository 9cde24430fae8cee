// Skin. Mask: lips, eyelids, inside of the mouth, ambient occlusion. vTint, from part.vert, holds
// what changes slowly over the face: its colour, and in w how oily it is.
in vec4 vTint;

vec3 soft(vec3 n, vec3 l) {
  // Light bleeds further round the form in red than in blue.
  vec3 w = vec3(0.46, 0.32, 0.27), t = clamp((dot(n, l) + w) / (1.0 + w), 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t) * 0.55 + t * 0.45;
}

float ridge(float d, float width) { return exp(-d * d / (width * width)); }

// Slope of the creases that the action units fold, as a bend of the normal in the rest pose.
vec3 creases(vec3 r, float ax, float front) {
  vec3 g = vec3(0.0);
  float y = r.y - 7.72;
  float forehead = smoothstep(0.62, 0.2, ax) * front * smoothstep(-0.12, 0.02, y)
                 * smoothstep(0.40, 0.22, y);
  g.y += forehead * uCreases.x * 0.165 * cos((y + 0.05 * cos(ax * 5.0)) * 52.0);
  float d = ax - 0.075;
  g.x -= sign(r.x) * front * smoothstep(0.16, 0.06, abs(r.y - 7.52)) * uCreases.y
       * d / 0.03 * ridge(d, 0.03) * 0.55;
  vec2 from = vec2(0.20, 7.02), fold = vec2(0.40, 6.62) - from, at = vec2(ax, r.y) - from;
  float t = clamp(dot(at, fold) / dot(fold, fold), 0.0, 1.0);
  vec2 off = at - fold * t;
  float side = -dot(off, normalize(vec2(fold.y, -fold.x)));
  float depth = front * ridge(length(off), 0.05) * smoothstep(0.0, 0.15, t)
              * smoothstep(1.0, 0.8, t);
  vec2 across = normalize(vec2(-fold.y, fold.x));
  g.xy += vec2(sign(r.x) * across.x, across.y) * depth * uCreases.z * side / 0.05 * 0.5;
  vec2 corner = vec2(ax - 0.50, r.y - 7.28);
  float angle = atan(corner.y, corner.x), reach = length(corner);
  g.y += smoothstep(0.02, 0.07, reach) * smoothstep(0.22, 0.10, reach) * step(0.0, corner.x)
       * smoothstep(0.75, 0.4, abs(angle)) * uCreases.w * 0.30 * cos(angle * 22.0);
  float bridge = front * smoothstep(0.13, 0.05, ax) * smoothstep(0.10, 0.03, abs(r.y - 7.32));
  g.y += bridge * uExtra.x * 0.25 * cos((r.y + ax * 0.5) * 120.0);
  return g;
}

// Distance from the line a-b, in dm, fading at its ends.
float line(vec2 p, vec2 a, vec2 b, float width) {
  vec2 along = b - a;
  float t = clamp(dot(p - a, along) / dot(along, along), 0.0, 1.0);
  return ridge(length(p - a - along * t), width) * smoothstep(0.0, 0.2, t) * smoothstep(1.0, 0.75, t);
}

// How deep the skin is folded, which darkens it: for good by age, for now by the action units.
float folded(vec3 r, float ax, float front, float age) {
  vec2 p = vec2(ax, r.y);
  float cheek = line(p, vec2(0.19, 7.00), vec2(0.385, 6.60), 0.026) * max(age, 0.5 * uCreases.z);
  float chin = line(p, vec2(0.31, 6.60), vec2(0.345, 6.33), 0.022) * 0.8 * age;
  vec2 eye = (p - vec2(0.315, 7.245)) / vec2(0.205, 0.150);
  float bag = ridge(length(eye) - 1.0, 0.14) * smoothstep(0.15, -0.45, eye.y) * 0.75 * age;
  float brow = line(p, vec2(0.065, 7.66), vec2(0.085, 7.44), 0.018)
             * max(0.35 * age, 0.38 * uCreases.y - 0.08);
  float wave = cos((r.y + 0.035 * cos(r.x * 7.0 + 1.0) + 0.012 * noise(r * 9.0)) * 56.0);
  float forehead = smoothstep(0.60, 0.25, ax) * smoothstep(7.66, 7.74, r.y)
                 * smoothstep(8.12, 7.95, r.y) * max(wave, 0.0) * wave * wave * wave
                 * max(0.5 * age, 0.22 * uCreases.x);
  vec2 corner = p - vec2(0.475, 7.27);
  float reach = length(corner), angle = atan(corner.y, corner.x), ray = cos(angle * 13.0);
  float feet = smoothstep(0.03, 0.07, reach) * smoothstep(0.25, 0.12, reach)
             * smoothstep(1.0, 0.5, abs(angle)) * max(ray, 0.0) * ray * ray
             * max(0.7 * age, 0.35 * uCreases.w * (0.4 + age));
  float fine = cos(ax * 115.0);
  float mouth = smoothstep(0.24, 0.12, ax) * smoothstep(6.68, 6.73, r.y)
              * smoothstep(6.86, 6.78, r.y) * max(fine, 0.0) * fine * 0.35 * age;
  float across = cos((r.y + ax * 0.5) * 75.0);
  float bridge = smoothstep(0.17, 0.05, ax) * smoothstep(0.13, 0.04, abs(r.y - 7.30))
               * max(across, 0.0) * 0.42 * uExtra.x;
  float ring = cos(r.y * 33.0 + ax * 1.5), ring2 = ring * ring;
  float neck = smoothstep(6.15, 6.0, r.y) * max(ring, 0.0) * ring2 * ring2 * 0.5 * age;
  float depth = max(max(max(cheek, chin), max(bag, brow)), max(max(forehead, feet), mouth));
  return clamp(max(max(depth, bridge) * front, neck * (1.0 - 0.5 * front)), 0.0, 1.0);
}

// Fine lines that years leave all over, as a slope.
vec3 crepe(vec3 r, float age) {
  float fine = noise(vec3(r.x * 60.0, r.y * 26.0, r.z * 40.0))
             + noise(vec3(r.x * 30.0 + r.y * 40.0, r.y * 60.0, 3.0)) - 1.0;
  return vec3(fine, -fine, 0.0) * 0.06 * age;
}

// Sun and years leave spots, blood shows unevenly, and the skin's colour evens out no more.
vec3 weathered(vec3 a, vec3 r, float age) {
  float patches = noise(r * 5.0) * 0.6 + noise(r * 13.0) * 0.4 - 0.5;
  vec3 q = r + 0.03 * noise(r.zxy * 31.0);
  float spots = smoothstep(0.60, 0.72, 0.5 * noise(q.xyz * 21.0 + 5.0)
                                     + 0.5 * noise((q.yzx + 0.6 * q.zxy) * 17.0))
              * smoothstep(0.35, 0.6, noise(r * 4.0));
  a *= 1.0 + age * patches * vec3(0.10, 0.20, 0.22);
  return a * mix(vec3(1.0), vec3(0.80, 0.70, 0.62), spots * age * 0.55);
}

void main() {
  vec3 n = normalize(vNormal), v = normalize(uCamera.xyz - vPosition), r = vRest;
  if (dot(n, v) < -0.25 && !gl_FrontFacing) n = -n;
  float ao = mix(0.50, 1.0, smoothstep(0.0, 0.80, vMask.a));
  float ax = abs(r.x), front = smoothstep(0.8, 1.05, r.z);
  float lip = smoothstep(0.25, 0.75, vMask.r), mouth = smoothstep(0.35, 0.9, vMask.b);
  float grain = noise(r * 66.0);
  vec3 pores = 0.022 * vec3(grain - 0.5, fract(grain * 7.0) - 0.5, 0.0);
  float age = uExtra.w;
  vec3 bend = pores + creases(r, ax, front) * (0.55 + 0.35 * age);
  if (age > 0.05) bend += crepe(r, age);
  n = normalize(n + bend * (1.0 - vMask.r));

  vec3 a = vTint.rgb * mix(vec3(1.0), vec3(1.02, 0.955, 0.95), grain * 0.5);
  if (age > 0.05) a = weathered(a, r, age);
  a *= mix(vec3(1.0), vec3(0.74, 0.62, 0.58), folded(r, ax, front, age) * 0.75);
  a = mix(a, uLips.rgb * (0.9 + 0.2 * noise(vec3(r.x * 90.0, r.y * 14.0, 0.0))), lip * 0.85);
  a = mix(a, vec3(0.208, 0.04, 0.044), mouth);
  float cavity = 1.0 - 0.9 * mouth * smoothstep(1.38, 1.0, r.z);

  vec3 c = a * (sky(n) * ao + soft(n, KEY) * KEY_LIGHT * mix(ao, 1.0, 0.45)
              + soft(n, FILL) * FILL_LIGHT * ao);
  float edge = pow(clamp(1.0 - dot(n, v), 0.0, 1.0), 2.2);
  c += (a * 0.6 + 0.1) * edge * ao * (max(dot(n, RIM_RIGHT), 0.0) * RIM_RIGHT_LIGHT
                                    + max(dot(n, RIM_LEFT), 0.0) * RIM_LEFT_LIGHT);
  float oil = vTint.w * (1.0 - 0.5 * age), f = 0.028 + 0.25 * fresnel(v, n);
  float gloss = ggx(n, v, KEY, mix(0.46, 0.27, lip)) * (0.75 + 0.5 * lip)
              + ggx(n, v, KEY, 0.65) * 0.6;
  c += KEY_LIGHT * f * gloss * oil * ao * (1.0 - mouth * 0.5);
  c += FILL_LIGHT * f * ggx(n, v, FILL, 0.5) * ao;
  oColour = vec4(shown(c * cavity), 1.0);
}
