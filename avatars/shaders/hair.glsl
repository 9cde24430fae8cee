// Shading of hair: two shifted lobes along the strand (Kajiya & Kay 1989; Scheuermann 2004).
vec3 strand(vec3 n, vec3 v, vec3 along, vec3 base, float grain, float ao, float shine) {
  vec3 h = normalize(KEY + v), h2 = normalize(vec3(0.527, 0.738, 0.422) + v);
  float shift = 0.30 * (grain - 0.5);
  vec3 t1 = normalize(along + n * (0.10 + shift)), t2 = normalize(along + n * (1.3 * shift - 0.16));
  float a = dot(t1, h), b = dot(t2, h), d = dot(t1, h2);
  vec3 s = max(1.0 - vec3(a * a, b * b, d * d), 0.0), s2 = s * s, s4 = s2 * s2, s8 = s4 * s4;
  float narrow = s8.x * s8.x * s8.x * s2.x, wide = s4.y * s2.y * s.y, second = s8.z * s8.z;
  float key = wrapped(dot(n, KEY), 0.40), fill = wrapped(dot(n, FILL), 0.54), k = dot(along, KEY);
  float spread = mix(sqrt(max(1.0 - k * k, 0.0)), 1.0, 0.45);
  vec3 c = base * (sky(n) * 1.15 * ao + KEY_LIGHT * key * spread * mix(ao, 1.0, 0.35)
                 + FILL_LIGHT * fill * ao);
  c += ao * shine * (key * KEY_LIGHT * (narrow * (0.022 + 0.45 * base) + wide * 0.42 * base)
                   + fill * FILL_LIGHT * second * (0.02 + 0.5 * base));
  float edge = 1.0 - clamp(dot(n, v), 0.0, 1.0);
  edge *= edge * sqrt(edge);
  return c + edge * ao * (base * 0.9 + 0.025) * (max(dot(n, RIM_RIGHT), 0.0) * RIM_RIGHT_LIGHT
                                               + max(dot(n, RIM_LEFT), 0.0) * RIM_LEFT_LIGHT);
}
