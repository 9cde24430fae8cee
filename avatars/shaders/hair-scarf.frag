// A headscarf of fine cloth. Mask: depth of its folds, whether they run round (1) or down (0);
// alpha is ambient occlusion.
float folds(vec3 r) {
  vec2 d = normalize(r.xz - vec2(0.0, 0.30));
  vec3 q = mix(vec3(d * 4.0, r.y * 0.9), vec3(d * 1.2, r.y * 9.0 + 2.5 * d.x), vMask.g);
  return noise(q) * 0.7 + noise(q * 2.3 + 5.0) * 0.3;
}

void main() {
  vec3 n = normalize(vNormal), v = normalize(uCamera.xyz - vPosition);
  if (dot(n, v) < 0.0) n = -n;
  const float STEP = 0.03;
  float depth = folds(vRest);
  vec3 slope = vec3(folds(vRest + vec3(STEP, 0, 0)), folds(vRest + vec3(0, STEP, 0)),
                    folds(vRest + vec3(0, 0, STEP))) - depth;
  n = normalize(n - slope * 3.0 * vMask.r);
  float ao = mix(0.40, 1.0, smoothstep(0.0, 0.85, vMask.a)) * mix(1.0, 0.78 + 0.40 * depth, vMask.r);
  vec3 a = uScarf.rgb * (0.97 + 0.06 * noise(vRest * 110.0));
  vec3 c = a * ao * (sky(n) + wrapped(dot(n, KEY), 0.35) * KEY_LIGHT * 0.85
                   + wrapped(dot(n, FILL), 0.40) * FILL_LIGHT);
  float edge = 1.0 - clamp(dot(n, v), 0.0, 1.0);
  c += (a + 0.02) * edge * edge * edge * 0.8 * (max(dot(n, RIM_RIGHT), 0.0) * RIM_RIGHT_LIGHT
                                              + max(dot(n, RIM_LEFT), 0.0) * RIM_LEFT_LIGHT);
  oColour = vec4(shown(c), 1.0);
}
