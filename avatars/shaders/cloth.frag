// The jumper and, with KNIT defined, its ribbed collar. Mask: alpha is ambient occlusion.
void main() {
  vec3 n = normalize(vNormal), v = normalize(uCamera.xyz - vPosition);
  vec3 a = uCloth.rgb * (0.95 + 0.07 * noise(vRest * 90.0));
#ifdef KNIT
  a *= 0.86 * (0.93 + 0.07 * cos(vUV.x * 6.2832 * 150.0));
#endif
  float ao = mix(0.45, 1.0, smoothstep(0.0, 0.9, vMask.a));
  vec3 c = a * ao * (sky(n) + wrapped(dot(n, KEY), 0.3) * KEY_LIGHT * 0.8
                   + wrapped(dot(n, FILL), 0.33) * FILL_LIGHT);
  float edge = 1.0 - clamp(dot(n, v), 0.0, 1.0);
  c += a * edge * edge * edge * max(dot(n, RIM_RIGHT), 0.0) * RIM_RIGHT_LIGHT;
  oColour = vec4(shown(c), 1.0);
}
