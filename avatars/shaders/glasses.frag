// The frame of glasses; with LENS defined, what the glass reflects.
void main() {
  vec3 n = normalize(vNormal), v = normalize(uCamera.xyz - vPosition);
  if (dot(n, v) < 0.0) n = -n;
#ifdef LENS
  // A bright streak of window light, and the rim of the glass.
  float streak = smoothstep(0.10, 0.0, abs(vUV.x + 0.8 * vUV.y - 0.52 - 0.25 * (n.x + v.x)));
  float alpha = 0.03 + 0.10 * streak * smoothstep(0.1, 0.5, vUV.y) + 0.5 * fresnel(v, n);
  oColour = vec4(shown(vec3(1.0)), alpha);
#else
  vec3 a = vec3(0.030, 0.024, 0.022);
  float f = 0.04 + 0.5 * fresnel(v, n);
  vec3 c = a * (sky(n) + wrapped(dot(n, KEY), 0.3) * KEY_LIGHT + wrapped(dot(n, FILL), 0.3) * FILL_LIGHT);
  c += f * (sky(reflect(-v, n)) * 0.8 + KEY_LIGHT * ggx(n, v, KEY, 0.35) * 2.0
          + FILL_LIGHT * ggx(n, v, FILL, 0.35));
  oColour = vec4(shown(c), 1.0);
#endif
}
