// Eyebrows: hairs drawn on a strip. UV: along from the inner end, across.
void main() {
  vec3 v = normalize(uCamera.xyz - vPosition), n = normalize(vNormal), along = normalize(vFlow);
  float t = vUV.x, across = vUV.y * 2.0 - 1.0;
  float u = t * 9.0 - across * 0.55 / mix(2.2, 0.5, smoothstep(0.0, 0.6, t));
  float fine = noise(vec3(u * 7.0, across * 1.2, 1.0)) * 0.6
             + noise(vec3(u * 15.0, across * 2.0, 5.0)) * 0.4;
  float alpha = smoothstep(1.08, 0.45, abs(across) + 0.55 * (fine - 0.45))
              * smoothstep(-0.02, 0.16, t + 0.10 * (fine - 0.5)) * smoothstep(1.0, 0.90, t)
              * mix(0.72, 1.0, smoothstep(0.05, 0.3, t)) * 0.95;
  if (alpha < 0.01) discard;
  vec3 c = strand(n, v, along, uBrows.rgb * (0.8 + 0.5 * fine), fine, 1.0, 0.35);
  oColour = vec4(shown(c), alpha);
}
